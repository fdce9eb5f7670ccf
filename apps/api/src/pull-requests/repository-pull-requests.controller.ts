import { GITHUB_PERMISSION_MISSING, INTEGRATION_NOT_CONFIGURED, INTEGRATION_NOT_CONNECTED } from '@app/common';
import type { ShownPullRequest } from '@app/domain';
import { GITHUB_ERROR, GITHUB_RATE_LIMITED } from '@app/github';
import { Controller, Get, Query, Req } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import type { Response } from 'express';
import { CurrentPrincipal, Policy } from '../auth/auth.decorators';
import type { Principal } from '../auth/principal';
import type { HttpRequest } from '../http/http-request';
import { ApiPage } from '../http/openapi/answers';
import { Problems } from '../http/openapi/problems.decorator';
import type { PageResponse } from '../http/paging/page.query';
import { Pager } from '../http/paging/pager';
import { IdParam } from '../http/validation/id.param';
import { RepositoryPullRequestQuery } from './dto/pull-request-query.dto';
import { PullRequestResponse } from './dto/pull-request.response';
import { PullRequestLists } from './pull-request-lists';

@Controller('repositories/:id/pull-requests')
@Policy({ scope: 'repos:read' })
export class RepositoryPullRequestsController {
  constructor(
    private readonly lists: PullRequestLists,
    private readonly pager: Pager,
  ) {}

  @Get()
  @ApiOperation({ summary: 'List pull requests of one repository' })
  @ApiPage(PullRequestResponse)
  @Problems(INTEGRATION_NOT_CONFIGURED, INTEGRATION_NOT_CONNECTED, GITHUB_PERMISSION_MISSING, GITHUB_ERROR, GITHUB_RATE_LIMITED)
  async list(@IdParam() id: string, @Query() query: RepositoryPullRequestQuery, @CurrentPrincipal() principal: Principal, @Req() request: HttpRequest): Promise<PageResponse<PullRequestResponse>> {
    const page = this.pager.open(query, request);
    const { status, origin, refresh } = query;
    return page.close(await this.lists.ofRepository(principal, { repositoryId: id, status, origin, refresh }, page.request), (pull: ShownPullRequest) => PullRequestResponse.from(pull), request.res as Response);
  }
}
