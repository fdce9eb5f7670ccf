import { PLAN_LIMIT_MODEL } from '@app/billing';
import { VERSION_CONFLICT } from '@app/common';
import { AUTOMATION_DISABLED, AutomationRunStore, AutomationStore, INVALID_MODEL, INVALID_REF, MODEL_UNAVAILABLE, PLAN_LIMIT_AUTOMATIONS, REPOSITORY_WRITE_DENIED, UnitOfWork } from '@app/domain';
import { Body, Controller, Delete, Get, HttpCode, HttpStatus, Patch, Post, Query, Req, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { Response } from 'express';
import { CurrentPrincipal, Policy } from '../auth/auth.decorators';
import type { Principal } from '../auth/principal';
import { hasIfMatch, requireIfMatch, setEtag, versionTag } from '../http/etag';
import type { HttpRequest } from '../http/http-request';
import type { IdempotentCall } from '../http/idempotency/idempotent-call';
import { CurrentIdempotentCall, Idempotent } from '../http/idempotency/idempotent.decorators';
import { ApiPage } from '../http/openapi/answers';
import { Problems } from '../http/openapi/problems.decorator';
import { PageQuery, type PageResponse } from '../http/paging/page.query';
import { Pager } from '../http/paging/pager';
import { RateLimit } from '../http/rate-limit/rate-limit.decorator';
import { IdParam } from '../http/validation/id.param';
import { AutomationsService, type AutomationTarget } from './automations.service';
import { AutomationQuery, CreateAutomationDto, TriggerAutomationDto, UpdateAutomationDto } from './dto/automation.dto';
import { AutomationResponse, AutomationRunResponse } from './dto/automation.response';

/** Rules by which tasks start themselves. */
@Controller('automations')
export class AutomationsController {
  constructor(
    private readonly service: AutomationsService,
    private readonly automations: AutomationStore,
    private readonly runs: AutomationRunStore,
    private readonly unitOfWork: UnitOfWork,
    private readonly pager: Pager,
  ) {}

  @Policy({ scope: 'tasks:read' })
  @Get()
  @ApiOperation({ summary: 'List automations' })
  @ApiPage(AutomationResponse)
  async list(@Query() query: AutomationQuery, @CurrentPrincipal() principal: Principal, @Req() request: HttpRequest, @Res({ passthrough: true }) response: Response): Promise<PageResponse<AutomationResponse>> {
    const page = this.pager.open(query, request);
    const filter = { organizationId: principal.organizationId, repositoryId: query.repositoryId?.toLowerCase(), kind: query.kind };
    return page.close(await this.automations.list(this.unitOfWork.reader, filter, page.request), (row) => AutomationResponse.from(row), response);
  }

  @Policy({ role: 'member', scope: 'tasks:write' })
  @Idempotent()
  @Post()
  @ApiOperation({ summary: 'Add an automation', description: 'Its tasks are yours. Needs write access to the repository. At most 100 for an organization.' })
  @ApiCreatedResponse({ type: AutomationResponse, headers: { Location: { schema: { type: 'string' } }, ETag: { schema: { type: 'string' } } } })
  @Problems(PLAN_LIMIT_AUTOMATIONS, REPOSITORY_WRITE_DENIED, INVALID_REF, INVALID_MODEL, MODEL_UNAVAILABLE, PLAN_LIMIT_MODEL)
  async create(@Body() dto: CreateAutomationDto, @CurrentPrincipal() principal: Principal, @CurrentIdempotentCall() call: IdempotentCall | null, @Res({ passthrough: true }) response: Response): Promise<AutomationResponse> {
    const row = await this.service.create(principal, dto, call);
    response.location(`/api/v1/automations/${row.id}`);
    setEtag(response, versionTag(row.rowVersion));
    return AutomationResponse.from(row);
  }

  @Policy({ scope: 'tasks:read' })
  @Get(':id')
  @ApiOperation({ summary: 'Get one automation' })
  @ApiOkResponse({ type: AutomationResponse })
  async get(@IdParam() id: string, @CurrentPrincipal() principal: Principal, @Res({ passthrough: true }) response: Response): Promise<AutomationResponse> {
    const row = await this.service.visible(principal, id);
    setEtag(response, versionTag(row.rowVersion));
    return AutomationResponse.from(row);
  }

  @Policy({ role: 'member', scope: 'tasks:write' })
  @Patch(':id')
  @ApiOperation({ summary: 'Change an automation', description: 'Only what is sent changes; trigger, filter and task as wholes. `isEnabled: true` forgets earlier failures. For who made it, and admins.' })
  @ApiOkResponse({ type: AutomationResponse })
  @Problems(VERSION_CONFLICT, REPOSITORY_WRITE_DENIED, INVALID_REF, INVALID_MODEL, MODEL_UNAVAILABLE, PLAN_LIMIT_MODEL)
  async update(@IdParam() id: string, @Body() dto: UpdateAutomationDto, @CurrentPrincipal() principal: Principal, @Res({ passthrough: true }) response: Response): Promise<AutomationResponse> {
    const row = await this.service.update(await this.target(principal, id, response), dto);
    setEtag(response, versionTag(row.rowVersion));
    return AutomationResponse.from(row);
  }

  @Policy({ role: 'member', scope: 'tasks:write' })
  @HttpCode(HttpStatus.NO_CONTENT)
  @Delete(':id')
  @ApiOperation({ summary: 'Delete an automation', description: 'Its runs go with it; its tasks stay. For who made it, and admins.' })
  @ApiNoContentResponse()
  @Problems(VERSION_CONFLICT, REPOSITORY_WRITE_DENIED)
  async delete(@IdParam() id: string, @CurrentPrincipal() principal: Principal, @Res({ passthrough: true }) response: Response): Promise<void> {
    await this.service.delete(await this.target(principal, id, response));
  }

  @Policy({ role: 'member', scope: 'tasks:write' })
  @Idempotent()
  @RateLimit('tasks')
  @HttpCode(HttpStatus.ACCEPTED)
  @Post(':id/trigger')
  @ApiOperation({ summary: 'Run an automation now', description: 'Whatever its kind. A run that its budget skips, or that cannot start, says why. For who made it, and admins.' })
  @ApiAcceptedResponse({ type: AutomationRunResponse })
  @Problems(AUTOMATION_DISABLED, REPOSITORY_WRITE_DENIED)
  async trigger(@IdParam() id: string, @Body() dto: TriggerAutomationDto, @CurrentPrincipal() principal: Principal, @CurrentIdempotentCall() call: IdempotentCall | null): Promise<AutomationRunResponse> {
    return this.service.trigger(await this.service.own(principal, id), dto, call);
  }

  @Policy({ scope: 'tasks:read' })
  @Get(':id/runs')
  @ApiOperation({ summary: 'List runs of an automation', description: 'One for each occasion, also for those that led to no task.' })
  @ApiPage(AutomationRunResponse)
  async listRuns(@IdParam() id: string, @Query() query: PageQuery, @CurrentPrincipal() principal: Principal, @Req() request: HttpRequest): Promise<PageResponse<AutomationRunResponse>> {
    const page = this.pager.open(query, request);
    const automation = await this.service.visible(principal, id);
    return page.close(await this.runs.list(this.unitOfWork.reader, automation, page.request), (row) => AutomationRunResponse.from(row), request.res as Response);
  }

  /** What a conditional change is meant for. */
  private async target(principal: Principal, id: string, response: Response): Promise<AutomationTarget> {
    const row = await this.service.own(principal, id);
    requireIfMatch(response.req, versionTag(row.rowVersion));
    const isConditional = hasIfMatch(response.req) && response.req.headers['if-match']?.trim() !== '*';
    return { row, rowVersion: isConditional ? row.rowVersion : null };
  }
}
