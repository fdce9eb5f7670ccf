import { Clock } from '@app/common';
import {
  CreditAnalyticsStore, ModelAnalyticsStore, TaskAnalyticsStore, TIME_GROUPS, UnitOfWork, UsageAnalyticsStore, type TimeGroup, type UsageAnalyticsGroup, type UsageGroupFigures,
} from '@app/domain';
import { Injectable } from '@nestjs/common';
import { MOST_ROWS, periodOf, timesOf, type Period } from './analytics-period';
import { burnDown, firstDayNeeded } from './burn-down';
import type { PeriodQuery, TaskAnalyticsQuery, UsageAnalyticsQuery } from './dto/analytics-query.dto';
import { CreditAnalyticsResponse } from './dto/credit-analytics.response';
import { ModelAnalyticsResponse, ModelAnalyticsRowResponse } from './dto/model-analytics.response';
import { TaskAnalyticsResponse, TaskAnalyticsRowResponse, TaskFiguresResponse } from './dto/task-analytics.response';
import { UsageAnalyticsResponse, UsageFiguresResponse, UsageRowResponse } from './dto/usage-analytics.response';

/** Reports over an organization's calls, models, tasks and credits. */
@Injectable()
export class AnalyticsService {
  constructor(
    private readonly usages: UsageAnalyticsStore,
    private readonly modelSums: ModelAnalyticsStore,
    private readonly taskSums: TaskAnalyticsStore,
    private readonly creditSums: CreditAnalyticsStore,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  async usage(organizationId: string, query: UsageAnalyticsQuery): Promise<UsageAnalyticsResponse> {
    const period = this.period(query);
    const { groupBy } = query;
    const { rows, total } = await this.usages.usage(this.unitOfWork.reader, { organizationId, ...period }, groupBy, MOST_ROWS + 1);
    const shown = isTime(groupBy) ? withEmptyTimes(rows, period, groupBy) : rows.slice(0, MOST_ROWS);
    return { ...period, groupBy, rows: shown.map((row) => UsageRowResponse.from(row)), truncated: rows.length > MOST_ROWS, totals: UsageFiguresResponse.of(total) };
  }

  async models(organizationId: string, query: PeriodQuery): Promise<ModelAnalyticsResponse> {
    const period = this.period(query);
    const rows = await this.modelSums.models(this.unitOfWork.reader, { organizationId, ...period }, MOST_ROWS);
    return { ...period, rows: rows.map((row) => ModelAnalyticsRowResponse.from(row)) };
  }

  async tasks(organizationId: string, query: TaskAnalyticsQuery): Promise<TaskAnalyticsResponse> {
    const period = this.period(query);
    const { rows, total } = await this.taskSums.tasks(this.unitOfWork.reader, { organizationId, ...period }, query.groupBy, MOST_ROWS + 1);
    const shown = rows.slice(0, MOST_ROWS).map((row) => TaskAnalyticsRowResponse.from(row));
    return { ...period, groupBy: query.groupBy, rows: shown, truncated: rows.length > MOST_ROWS, totals: TaskFiguresResponse.of(total) };
  }

  async credits(organizationId: string, query: PeriodQuery): Promise<CreditAnalyticsResponse> {
    const now = this.clock.now();
    const period = periodOf(query, now);
    const { reader } = this.unitOfWork;
    const [history, nextExpiry] = await Promise.all([this.creditSums.history(reader, organizationId, firstDayNeeded(period, now)), this.creditSums.nextExpiry(reader, organizationId)]);
    return CreditAnalyticsResponse.from({ ...burnDown(history, period, now), nextExpiry });
  }

  /** @throws {AppError} invalid_parameter */
  period(query: PeriodQuery): Period {
    return periodOf(query, this.clock.now());
  }
}

function isTime(group: UsageAnalyticsGroup): group is TimeGroup {
  return TIME_GROUPS.some((time) => time === group);
}

/** A curve has a point for every day. */
function withEmptyTimes(rows: readonly UsageGroupFigures[], period: Period, by: TimeGroup): UsageGroupFigures[] {
  const known = new Map(rows.map((row) => [row.key, row]));
  return timesOf(period, by).map((key) => known.get(key) ?? { ...NOTHING, key });
}

const NOTHING: UsageGroupFigures = {
  key: null, label: null, calls: 0, failedCalls: 0, tasks: 0, inputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 0, reasoningTokens: 0, creditsMicro: 0n, costNusd: 0n,
};
