import { PLAN_LIMIT_REPOSITORIES } from '@app/billing';
import { GITHUB_PERMISSION_MISSING, INTEGRATION_NOT_CONFIGURED, INTEGRATION_NOT_CONNECTED, notFound } from '@app/common';
import { type GitRepo, GitRepoStore, INVALID_CLONE_URL, REPOSITORY_ALREADY_CONNECTED, REPOSITORY_WRITE_DENIED, TASK_BUSY } from '@app/domain';
import { GITHUB_ERROR, GITHUB_RATE_LIMITED } from '@app/github';
import { Body, Controller, Delete, Get, HttpCode, Patch, Post, Query, Req, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { Response } from 'express';
import { CurrentPrincipal, Policy } from '../auth/auth.decorators';
import type { Principal } from '../auth/principal';
import { contentTag, hasIfMatch, requireIfMatch, setEtag } from '../http/etag';
import type { HttpRequest } from '../http/http-request';
import { Idempotent } from '../http/idempotency/idempotent.decorators';
import { ApiPage } from '../http/openapi/answers';
import { Problems } from '../http/openapi/problems.decorator';
import type { PageResponse } from '../http/paging/page.query';
import { Pager } from '../http/paging/pager';
import { IdParam } from '../http/validation/id.param';
import { GITHUB_NOT_CONNECTED } from '../github-account/github-account.errors';
import { RepositoryAccess } from './access/repository-access';
import { Disconnection } from './disconnection';
import { ConnectRepositoryDto } from './dto/connect-repository.dto';
import { DisconnectQuery, RepositoryQuery } from './dto/repository-query.dto';
import { RepositoryDetailsResponse, RepositoryResponse } from './dto/repository.response';
import { UpdateRepositoryDto } from './dto/update-repository.dto';
import { RepositoriesService } from './repositories.service';
import { RepositoryViews } from './repository-views';

@Controller('repositories')
export class RepositoriesController {
  constructor(
    private readonly repositories: RepositoriesService,
    private readonly disconnection: Disconnection,
    private readonly repos: GitRepoStore,
    private readonly views: RepositoryViews,
    private readonly access: RepositoryAccess,
    private readonly pager: Pager,
  ) {}

  @Policy({ role: 'viewer', scope: 'repos:read' })
  @Get()
  @ApiOperation({ summary: 'List connected repositories' })
  @ApiPage(RepositoryResponse)
  async list(@Query() query: RepositoryQuery, @CurrentPrincipal() principal: Principal, @Req() request: HttpRequest, @Res({ passthrough: true }) response: Response): Promise<PageResponse<RepositoryResponse>> {
    const page = this.pager.open(query, request);
    const rows = await this.repos.list(principal.organizationId, query, page.request);
    const view = await this.views.of(principal, rows.rows);
    return page.close(rows, (repo: GitRepo) => RepositoryResponse.from(repo, view), response);
  }

  @Policy({ role: 'member', scope: 'repos:write' })
  @Idempotent()
  @Post()
  @ApiOperation({ summary: 'Connect a repository', description: 'Of a GitHub installation of your organization, by githubId or fullName; or any git repository, by provider "git" and cloneUrl. You must be able to write there: GitHub is asked about your connected account. Outside production, where users cannot connect accounts, an installation that belongs to nobody yet becomes your organization\'s when you name one of its repositories by fullName.' })
  @ApiCreatedResponse({ type: RepositoryResponse, headers: { Location: { schema: { type: 'string' } } } })
  @Problems(REPOSITORY_ALREADY_CONNECTED, INVALID_CLONE_URL, PLAN_LIMIT_REPOSITORIES, INTEGRATION_NOT_CONFIGURED, INTEGRATION_NOT_CONNECTED, GITHUB_PERMISSION_MISSING, GITHUB_NOT_CONNECTED, REPOSITORY_WRITE_DENIED, GITHUB_ERROR, GITHUB_RATE_LIMITED)
  async connect(@Body() dto: ConnectRepositoryDto, @CurrentPrincipal() principal: Principal, @Res({ passthrough: true }) response: Response): Promise<RepositoryResponse> {
    const repo = await this.repositories.connect(principal, dto);
    response.setHeader('Location', `/api/v1/repositories/${repo.id}`);
    return RepositoryResponse.from(repo, await this.views.of(principal, [repo]));
  }

  @Policy({ role: 'viewer', scope: 'repos:read' })
  @Get(':id')
  @ApiOperation({ summary: 'Get one repository, with its settings' })
  @ApiOkResponse({ type: RepositoryDetailsResponse })
  @Problems(GITHUB_NOT_CONNECTED, GITHUB_ERROR, GITHUB_RATE_LIMITED)
  async get(@IdParam() id: string, @CurrentPrincipal() principal: Principal, @Res({ passthrough: true }) response: Response): Promise<RepositoryDetailsResponse> {
    await this.access.require(principal, id, 'read');
    const { shown } = await this.read(id, principal);
    setEtag(response, contentTag(shown));
    return shown;
  }

  @Policy({ role: 'member', scope: 'repos:write' })
  @Patch(':id')
  @ApiOperation({ summary: "Change a repository's settings", description: 'Merges what is sent.' })
  @ApiOkResponse({ type: RepositoryDetailsResponse })
  @Problems(GITHUB_NOT_CONNECTED, REPOSITORY_WRITE_DENIED, GITHUB_ERROR, GITHUB_RATE_LIMITED)
  async update(
    @IdParam() id: string, @Body() dto: UpdateRepositoryDto, @CurrentPrincipal() principal: Principal, @Req() request: HttpRequest,
  ): Promise<RepositoryDetailsResponse> {
    await this.access.require(principal, id, 'write');
    const { shown, rowVersion } = await this.read(id, principal);
    requireIfMatch(request, contentTag(shown));
    await this.repositories.update(principal, id, dto, hasIfMatch(request) ? rowVersion : null);
    const changed = (await this.read(id, principal)).shown;
    if (request.res) setEtag(request.res, contentTag(changed));
    return changed;
  }

  @Policy({ role: 'viewer', scope: 'repos:write' })
  @HttpCode(204)
  @Delete(':id')
  @ApiOperation({ summary: 'Disconnect a repository', description: 'For admins and who connected it. Its tasks and their results stay.' })
  @ApiNoContentResponse()
  @Problems(TASK_BUSY)
  async disconnect(@IdParam() id: string, @Query() query: DisconnectQuery, @CurrentPrincipal() principal: Principal, @Req() request: HttpRequest): Promise<void> {
    await this.repositories.requireMayDisconnect(principal, id);
    if (hasIfMatch(request)) requireIfMatch(request, contentTag((await this.read(id, principal)).shown));
    await this.disconnection.disconnect(principal, id, query.force === true);
  }

  private async read(id: string, principal: Principal): Promise<{ shown: RepositoryDetailsResponse; rowVersion: number }> {
    const details = await this.repos.findDetails(principal.organizationId, id);
    if (!details) throw notFound();
    const view = await this.views.of(principal, [details.repo]);
    return { shown: RepositoryDetailsResponse.fromDetails(details, view), rowVersion: details.repo.rowVersion };
  }
}
