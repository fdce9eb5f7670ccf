import { pipeline } from 'node:stream/promises';
import { AppError, Logger, NOT_ACCEPTABLE } from '@app/common';
import { Controller, Get, Query, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { CurrentPrincipal, Policy } from '../auth/auth.decorators';
import type { Principal } from '../auth/principal';
import type { HttpRequest } from '../http/http-request';
import { Problems } from '../http/openapi/problems.decorator';
import { LongLived } from '../http/server/deadline';
import { AnalyticsLines } from './analytics-lines';
import { AnalyticsService } from './analytics.service';
import { csvOf } from './csv';
import { AnalyticsExportQuery } from './dto/analytics-query.dto';

/** The figures behind the reports, as a download. */
@ApiTags('Analytics')
@Controller('analytics/export')
export class AnalyticsExportController {
  constructor(
    private readonly analytics: AnalyticsService,
    private readonly lines: AnalyticsLines,
    private readonly logger: Logger,
  ) {}

  @Policy({ scope: 'analytics:read' })
  @LongLived()
  @Get()
  @ApiOperation({
    summary: 'Download usage or tasks as CSV',
    description: 'RFC 4180, with a line of names. A text that a spreadsheet would take for a formula begins with an apostrophe. Times are UTC.',
  })
  @ApiOkResponse({ content: { 'text/csv': { schema: { type: 'string' }, example: 'date,model,mode\r\n2026-11-23,claude-opus-5-5,code\r\n' } } })
  @Problems(NOT_ACCEPTABLE)
  async download(@Query() query: AnalyticsExportQuery, @CurrentPrincipal() { organizationId }: Principal, @Req() request: HttpRequest, @Res() response: Response): Promise<void> {
    const period = { organizationId, ...this.analytics.period(query) };
    if (request.accepts(['text/csv']) === false) throw new AppError(NOT_ACCEPTABLE, 'There is text/csv.');
    response.type('text/csv').setHeader('Content-Disposition', `attachment; filename="${query.report}-${period.from}-${period.to}.csv"`);
    if (request.method === 'HEAD') return void response.end();
    const table = query.report === 'usage' ? csvOf(this.lines.usageColumns, this.lines.usage(period)) : csvOf(this.lines.taskColumns, this.lines.tasks(period));
    // The status is sent: a reader that goes is none of ours, and one whose download breaks off sees that it has no end.
    await pipeline(table, response).catch((error: unknown) => this.logger.warn('a download broke off', { organizationId, err: error }));
  }
}
