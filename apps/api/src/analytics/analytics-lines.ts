import { creditsFromMicros, usdFromNano } from '@app/common';
import { TaskAnalyticsStore, UnitOfWork, UsageAnalyticsStore, type AnalyticsPeriod, type TaskLine, type UsageLine } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { daysOf } from './analytics-period';

const TASKS_AT_ONCE = 500;

/** The lines of the downloads, read as they are sent: usage by the day, tasks by the page. */
@Injectable()
export class AnalyticsLines {
  readonly usageColumns = [
    'date', 'model', 'mode', 'repository', 'user', 'key_source', 'api_key', 'purpose', 'calls', 'failed_calls', 'tasks', 'input_tokens', 'cache_read_tokens', 'cache_write_tokens', 'output_tokens', 'reasoning_tokens', 'credits', 'cost_usd',
  ];
  readonly taskColumns = [
    'id', 'created_at', 'completed_at', 'title', 'status', 'status_reason', 'mode', 'source', 'repository', 'model', 'user', 'attempts', 'execution_ms', 'queue_ms', 'calls', 'tokens', 'pull_requests', 'merged_pull_requests', 'credits', 'cost_usd',
  ];

  constructor(
    private readonly usages: UsageAnalyticsStore,
    private readonly taskSums: TaskAnalyticsStore,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  async *usage(period: AnalyticsPeriod): AsyncGenerator<string[]> {
    for (const day of daysOf(period)) for (const line of await this.usages.lines(this.unitOfWork.reader, period.organizationId, day)) yield usageCells(line);
  }

  async *tasks(period: AnalyticsPeriod): AsyncGenerator<string[]> {
    let page: TaskLine[];
    let after: TaskLine | null = null;
    do {
      page = await this.taskSums.lines(this.unitOfWork.reader, period, TASKS_AT_ONCE, after);
      for (const line of page) yield taskCells(line);
      after = page.at(-1) ?? null;
    } while (page.length === TASKS_AT_ONCE);
  }
}

function usageCells(line: UsageLine): string[] {
  const kind = [line.date, line.model, line.mode, line.repository, line.username, line.keySource, line.apiKey, line.purpose].map((value) => value ?? '');
  const counts = [line.calls, line.failedCalls, line.tasks, line.inputTokens, line.cacheReadTokens, line.cacheWriteTokens, line.outputTokens, line.reasoningTokens].map(String);
  return [...kind, ...counts, decimal(creditsFromMicros(line.creditsMicro)), usdFromNano(line.costNusd)];
}

function taskCells(line: TaskLine): string[] {
  const texts = [line.id, line.createdAt.toISOString(), line.completedAt?.toISOString(), line.title, line.status, line.statusReason, line.mode, line.source, line.repository, line.model, line.username].map((value) => value ?? '');
  const counts = [line.attempts, line.executionMs, line.queueMs, line.calls, line.tokens, line.pullRequests, line.merged].map((value) => (value === null ? '' : String(Math.round(value))));
  return [...texts, ...counts, decimal(creditsFromMicros(line.creditsMicro)), usdFromNano(line.costNusd)];
}

/** Never 1e-7 and the like. */
function decimal(credits: number): string {
  return credits.toFixed(6).replace(/\.?0+$/, '');
}
