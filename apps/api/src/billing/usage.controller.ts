import { Clock, invalidParameter } from '@app/common';
import { UnitOfWork, UsageAnalyticsStore } from '@app/domain';
import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { DEFAULT_DAYS, MOST_DAYS, MOST_ROWS } from '../analytics/analytics-period';
import { UsageFiguresResponse, UsageRowResponse } from '../analytics/dto/usage-analytics.response';
import { CurrentPrincipal, Policy } from '../auth/auth.decorators';
import type { Principal } from '../auth/principal';
import { UsageReportQuery, UsageReportResponse } from './dto/usage-report.response';

const DAY_MS = 86_400_000;

/** What the organization's model calls came to. */
@ApiTags('Billing')
@Controller('billing/usage')
export class BillingUsageController {
  constructor(
    private readonly usages: UsageAnalyticsStore,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  @Policy({ scope: 'billing:read' })
  @Get()
  @ApiOperation({ summary: 'What was used, in credits and cost', description: 'Between any two instants, a billing period say; the same figures as `GET /analytics/usage`, which tells of whole days.' })
  @ApiOkResponse({ type: UsageReportResponse })
  async report(@Query() query: UsageReportQuery, @CurrentPrincipal() { organizationId }: Principal): Promise<UsageReportResponse> {
    const { from, to } = this.period(query);
    const { rows, total } = await this.usages.usageBetween(this.unitOfWork.reader, { organizationId, from, to }, query.groupBy, MOST_ROWS + 1);
    const shown = rows.slice(0, MOST_ROWS).map((row) => UsageRowResponse.from(row));
    return { from: from.toISOString(), to: to.toISOString(), groupBy: query.groupBy, rows: shown, truncated: rows.length > MOST_ROWS, totals: UsageFiguresResponse.of(total) };
  }

  /** @throws {AppError} invalid_parameter */
  private period(query: UsageReportQuery): { from: Date; to: Date } {
    const to = query.to === undefined ? this.clock.now() : new Date(query.to);
    const from = query.from === undefined ? new Date(to.getTime() - DEFAULT_DAYS * DAY_MS) : new Date(query.from);
    if (from < to && to.getTime() - from.getTime() <= MOST_DAYS * DAY_MS) return { from, to };
    throw invalidParameter('from', 'invalid_value', `must lie before to, by at most ${MOST_DAYS} days`);
  }
}
