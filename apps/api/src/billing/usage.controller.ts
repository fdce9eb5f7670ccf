import { UsageReportStore, type UsagePeriod } from '@app/billing';
import { Clock, invalidParameter } from '@app/common';
import { UnitOfWork } from '@app/domain';
import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentPrincipal, Policy } from '../auth/auth.decorators';
import type { Principal } from '../auth/principal';
import { UsageGroupResponse, UsageReportQuery, UsageReportResponse, UsageTotalsResponse } from './dto/usage-report.response';

const DAY_MS = 86_400_000;
const DEFAULT_DAYS = 30;
const MOST_DAYS = 366;
const MOST_ROWS = 1_000;

/** What the organization's model calls came to. */
@ApiTags('Billing')
@Controller('billing/usage')
export class BillingUsageController {
  constructor(
    private readonly reports: UsageReportStore,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  @Policy({ scope: 'billing:read' })
  @Get()
  @ApiOperation({ summary: 'What was used, in credits and cost', description: 'By day, model, user or repository, from the same rows that credits are charged by.' })
  @ApiOkResponse({ type: UsageReportResponse })
  async report(@Query() query: UsageReportQuery, @CurrentPrincipal() { organizationId }: Principal): Promise<UsageReportResponse> {
    const { from, to } = this.period(query);
    const period: UsagePeriod = { organizationId, from, to };
    const { reader } = this.unitOfWork;
    const [rows, totals] = await Promise.all([this.reports.groups(reader, period, query.groupBy, MOST_ROWS), this.reports.total(reader, period)]);
    return { from: from.toISOString(), to: to.toISOString(), groupBy: query.groupBy, rows: rows.map((row) => UsageGroupResponse.from(row)), totals: UsageTotalsResponse.of(totals) };
  }

  /** @throws {AppError} invalid_parameter */
  private period(query: UsageReportQuery): { from: Date; to: Date } {
    const to = query.to === undefined ? this.clock.now() : new Date(query.to);
    const from = query.from === undefined ? new Date(to.getTime() - DEFAULT_DAYS * DAY_MS) : new Date(query.from);
    if (from < to && to.getTime() - from.getTime() <= MOST_DAYS * DAY_MS) return { from, to };
    throw invalidParameter('from', 'invalid_value', `must lie before to, by at most ${MOST_DAYS} days`);
  }
}
