import { Controller, Get, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { CurrentPrincipal, Policy } from '../auth/auth.decorators';
import type { Principal } from '../auth/principal';
import { contentTag, setEtag } from '../http/etag';
import { AnalyticsService } from './analytics.service';
import { PeriodQuery, TaskAnalyticsQuery, UsageAnalyticsQuery } from './dto/analytics-query.dto';
import { CreditAnalyticsResponse } from './dto/credit-analytics.response';
import { ModelAnalyticsResponse } from './dto/model-analytics.response';
import { TaskAnalyticsResponse } from './dto/task-analytics.response';
import { UsageAnalyticsResponse } from './dto/usage-analytics.response';

/** What an organization's work came to. */
@ApiTags('Analytics')
@Controller('analytics')
export class AnalyticsController {
  constructor(private readonly analytics: AnalyticsService) {}

  @Policy({ scope: 'analytics:read' })
  @Get('usage')
  @ApiOperation({
    summary: 'What was used: calls, tokens, credits, cost',
    description: 'By time, model, mode, repository, person, key or purpose. A call counts as soon as it is written; a page of `GET /tasks/{id}/usage` and this report never differ.',
  })
  @ApiOkResponse({ type: UsageAnalyticsResponse })
  async usage(@Query() query: UsageAnalyticsQuery, @CurrentPrincipal() { organizationId }: Principal, @Res({ passthrough: true }) response: Response): Promise<UsageAnalyticsResponse> {
    return tagged(response, await this.analytics.usage(organizationId, query));
  }

  @Policy({ scope: 'analytics:read' })
  @Get('models')
  @ApiOperation({ summary: 'How models did: success, latency, cost per task', description: 'By your own calls, on your keys and ours.' })
  @ApiOkResponse({ type: ModelAnalyticsResponse })
  async models(@Query() query: PeriodQuery, @CurrentPrincipal() { organizationId }: Principal, @Res({ passthrough: true }) response: Response): Promise<ModelAnalyticsResponse> {
    return tagged(response, await this.analytics.models(organizationId, query));
  }

  @Policy({ scope: 'analytics:read' })
  @Get('tasks')
  @ApiOperation({
    summary: 'How tasks did: success, times, merged pull requests and what one cost',
    description: 'Of the tasks that were created in the period, as they and their pull requests stand now.',
  })
  @ApiOkResponse({ type: TaskAnalyticsResponse })
  async tasks(@Query() query: TaskAnalyticsQuery, @CurrentPrincipal() { organizationId }: Principal, @Res({ passthrough: true }) response: Response): Promise<TaskAnalyticsResponse> {
    return tagged(response, await this.analytics.tasks(organizationId, query));
  }

  @Policy({ scope: 'analytics:read' })
  @Get('credits')
  @ApiOperation({ summary: 'How the credits go, and how long they last', description: 'The balance at the end of each day, what was spent, and for how many days the rest lasts at the pace of the last week.' })
  @ApiOkResponse({ type: CreditAnalyticsResponse })
  async credits(@Query() query: PeriodQuery, @CurrentPrincipal() { organizationId }: Principal, @Res({ passthrough: true }) response: Response): Promise<CreditAnalyticsResponse> {
    return tagged(response, await this.analytics.credits(organizationId, query));
  }
}

/** A chart that is drawn again asks with the tag, and is told that nothing changed. */
function tagged<T>(response: Response, report: T): T {
  setEtag(response, contentTag(report));
  return report;
}
