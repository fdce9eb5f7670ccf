import { INTEGRATION_NOT_CONFIGURED, INTEGRATION_NOT_CONNECTED } from '@app/common';
import { GITHUB_ERROR, GITHUB_RATE_LIMITED } from '@app/github';
import { Body, Controller, Get, HttpCode, Post, Query, Req, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOperation } from '@nestjs/swagger';
import type { Response } from 'express';
import { CurrentPrincipal, Policy } from '../auth/auth.decorators';
import type { Principal } from '../auth/principal';
import { GITHUB_NOT_CONNECTED } from '../github-account/github-account.errors';
import type { HttpRequest } from '../http/http-request';
import { Idempotent } from '../http/idempotency/idempotent.decorators';
import { ApiPage } from '../http/openapi/answers';
import { Problems } from '../http/openapi/problems.decorator';
import type { PageResponse } from '../http/paging/page.query';
import { Pager } from '../http/paging/pager';
import { IdParam } from '../http/validation/id.param';
import { AvailableRepositories } from './available-repositories';
import { AvailableRepositoryResponse, BranchResponse, ForgeListQuery, RequestedSyncResponse, SyncRepositoriesDto, SyncResponse } from './dto/github-repository.response';
import { RepositoryAccess } from './access/repository-access';
import { RepositoryBranches } from './repository-branches';
import { RepositorySync } from './repository-sync';

@Controller('repositories')
export class GithubRepositoriesController {
  constructor(
    private readonly availableRepositories: AvailableRepositories,
    private readonly syncs: RepositorySync,
    private readonly branches: RepositoryBranches,
    private readonly access: RepositoryAccess,
    private readonly pager: Pager,
  ) {}

  @Policy({ role: 'member', scope: 'repos:read' })
  @Get('available')
  @ApiOperation({ summary: 'List repositories that can be connected', description: "What the GitHub installations of your organization offer your GitHub account, and is not connected. Where users cannot connect accounts: all that they offer." })
  @ApiPage(AvailableRepositoryResponse)
  @Problems(INTEGRATION_NOT_CONFIGURED, GITHUB_NOT_CONNECTED, GITHUB_ERROR, GITHUB_RATE_LIMITED)
  async available(@Query() query: ForgeListQuery, @CurrentPrincipal() principal: Principal, @Req() request: HttpRequest, @Res({ passthrough: true }) response: Response): Promise<PageResponse<AvailableRepositoryResponse>> {
    const page = this.pager.open({ ...query, order: 'asc' }, request);
    return page.close(await this.availableRepositories.list(principal, query.q, page.request), (row) => AvailableRepositoryResponse.from(row), response);
  }

  @Policy({ role: 'member', scope: 'repos:write' })
  @Idempotent()
  @HttpCode(202)
  @Post('sync')
  @ApiOperation({ summary: 'Bring repositories to what GitHub says', description: 'Names, visibility, archived ones, ones that are gone: of one installation, or of all of the organization. A worker does it; one that waits already is not asked for twice.' })
  @ApiAcceptedResponse({ type: SyncResponse })
  async sync(@Body() dto: SyncRepositoriesDto, @CurrentPrincipal() principal: Principal): Promise<SyncResponse> {
    const requested = await this.syncs.request(principal, dto.installationId ?? null);
    return { installations: requested.map((one) => RequestedSyncResponse.from(one)) };
  }

  @Policy({ role: 'viewer', scope: 'repos:read' })
  @Get(':id/branches')
  @ApiOperation({ summary: 'List branches of a repository', description: 'By name, the default branch first; as of half a minute ago at most. At most 2,000 are read.' })
  @ApiPage(BranchResponse)
  @Problems(INTEGRATION_NOT_CONNECTED, INTEGRATION_NOT_CONFIGURED, GITHUB_NOT_CONNECTED, GITHUB_ERROR, GITHUB_RATE_LIMITED)
  async listBranches(@IdParam() id: string, @Query() query: ForgeListQuery, @CurrentPrincipal() principal: Principal, @Res({ passthrough: true }) response: Response): Promise<PageResponse<BranchResponse>> {
    const page = this.pager.open({ ...query, order: 'asc' }, response.req as HttpRequest);
    const repo = await this.access.require(principal, id, 'read');
    return page.close(await this.branches.list(repo, query.q, page.request), (branch) => BranchResponse.from(branch, repo.defaultBranch), response);
  }
}
