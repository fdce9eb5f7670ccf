import { BUDGET_DUPLICATE, BudgetStore } from '@app/billing';
import { VERSION_CONFLICT } from '@app/common';
import { UnitOfWork } from '@app/domain';
import { Body, Controller, Delete, Get, HttpCode, Patch, Post, Put, Query, Req, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { Response } from 'express';
import { CurrentPrincipal, Policy } from '../auth/auth.decorators';
import type { Principal } from '../auth/principal';
import { contentTag, hasIfMatch, requireIfMatch, setEtag } from '../http/etag';
import type { HttpRequest } from '../http/http-request';
import type { IdempotentCall } from '../http/idempotency/idempotent-call';
import { CurrentIdempotentCall, Idempotent } from '../http/idempotency/idempotent.decorators';
import { ApiPage } from '../http/openapi/answers';
import { Problems } from '../http/openapi/problems.decorator';
import { PageQuery, type PageResponse } from '../http/paging/page.query';
import { Pager } from '../http/paging/pager';
import { IdParam } from '../http/validation/id.param';
import { BudgetsService, type Target } from './budgets.service';
import { BudgetQuery, CreateBudgetDto, UpdateBudgetDto } from './dto/budget.dto';
import { BudgetPeriodResponse, BudgetResponse } from './dto/budget.response';

@Controller('budgets')
export class BudgetsController {
  constructor(
    private readonly service: BudgetsService,
    private readonly budgets: BudgetStore,
    private readonly unitOfWork: UnitOfWork,
    private readonly pager: Pager,
  ) {}

  @Policy({ scope: 'billing:read' })
  @Get()
  @ApiOperation({ summary: 'List budgets' })
  @ApiPage(BudgetResponse)
  async list(@Query() query: BudgetQuery, @CurrentPrincipal() { organizationId }: Principal, @Req() request: HttpRequest, @Res({ passthrough: true }) response: Response): Promise<PageResponse<BudgetResponse>> {
    const page = this.pager.open(query, request);
    const rows = await this.budgets.list(this.unitOfWork.reader, { organizationId, scope: query.scope }, page.request);
    return page.close(rows, (row) => BudgetResponse.from(row), response);
  }

  @Policy({ role: 'billing', scope: 'billing:write' })
  @Idempotent()
  @Post()
  @ApiOperation({
    summary: 'Make a budget',
    description: 'Checked before every model call: one that does not fit is not made, and its task is paused with its work kept (`budget_exhausted`). What was spent in the running day or month counts already.',
  })
  @ApiCreatedResponse({ type: BudgetResponse, headers: { Location: { schema: { type: 'string' } }, ETag: { schema: { type: 'string' } } } })
  @Problems(BUDGET_DUPLICATE)
  async create(
    @Body() dto: CreateBudgetDto, @CurrentPrincipal() principal: Principal, @CurrentIdempotentCall() call: IdempotentCall | null, @Res({ passthrough: true }) response: Response,
  ): Promise<BudgetResponse> {
    const made = await this.service.create(principal, dto, call);
    response.location(`/api/v1/budgets/${made.id}`);
    return tagged(response, made);
  }

  @Policy({ scope: 'billing:read' })
  @Get(':id')
  @ApiOperation({ summary: 'Get one budget' })
  @ApiOkResponse({ type: BudgetResponse })
  async get(@IdParam() id: string, @CurrentPrincipal() principal: Principal, @Res({ passthrough: true }) response: Response): Promise<BudgetResponse> {
    return tagged(response, BudgetResponse.from(await this.service.visible(principal, id)));
  }

  @Policy({ role: 'billing', scope: 'billing:write' })
  @Put(':id')
  @ApiOperation({ summary: 'Change a budget', description: 'Merges the fields that are sent. A lower limit stops no call that runs. Tasks that it paused go on with POST /tasks/{id}/resume.' })
  @ApiOkResponse({ type: BudgetResponse })
  @Problems(VERSION_CONFLICT)
  async update(@IdParam() id: string, @Body() dto: UpdateBudgetDto, @CurrentPrincipal() principal: Principal, @Res({ passthrough: true }) response: Response): Promise<BudgetResponse> {
    return tagged(response, BudgetResponse.from(await this.service.update(principal, await this.target(principal, id, response), dto)));
  }

  @Policy({ role: 'billing', scope: 'billing:write' })
  @Patch(':id')
  @ApiOperation({ summary: 'Change a budget (alias of PUT)', description: 'Merges the fields that are sent.' })
  @ApiOkResponse({ type: BudgetResponse })
  @Problems(VERSION_CONFLICT)
  patch(@IdParam() id: string, @Body() dto: UpdateBudgetDto, @CurrentPrincipal() principal: Principal, @Res({ passthrough: true }) response: Response): Promise<BudgetResponse> {
    return this.update(id, dto, principal, response);
  }

  @Policy({ role: 'billing', scope: 'billing:write' })
  @HttpCode(204)
  @Delete(':id')
  @ApiOperation({ summary: 'Delete a budget', description: 'It limits nothing from the next call on.' })
  @ApiNoContentResponse()
  @Problems(VERSION_CONFLICT)
  async delete(@IdParam() id: string, @CurrentPrincipal() principal: Principal, @Res({ passthrough: true }) response: Response): Promise<void> {
    await this.service.delete(principal, await this.target(principal, id, response));
  }

  @Policy({ scope: 'billing:read' })
  @Get(':id/periods')
  @ApiOperation({ summary: "List a budget's periods", description: 'Those in which something was spent or reserved, the newest first.' })
  @ApiPage(BudgetPeriodResponse)
  async periods(@IdParam() id: string, @Query() query: PageQuery, @CurrentPrincipal() principal: Principal, @Res({ passthrough: true }) response: Response): Promise<PageResponse<BudgetPeriodResponse>> {
    const budget = await this.service.visible(principal, id);
    const page = this.pager.open(query, response.req as HttpRequest);
    const rows = await this.budgets.periods(this.unitOfWork.reader, { organizationId: principal.organizationId, id }, page.request);
    return page.close(rows, (row) => BudgetPeriodResponse.from(budget, row), response);
  }

  /** What a conditional change is meant for. */
  private async target(principal: Principal, id: string, response: Response): Promise<Target> {
    const row = await this.service.visible(principal, id);
    requireIfMatch(response.req, contentTag(BudgetResponse.from(row)));
    const isConditional = hasIfMatch(response.req) && response.req.headers['if-match']?.trim() !== '*';
    return { row, rowVersion: isConditional ? row.rowVersion : null };
  }
}

function tagged(response: Response, shown: BudgetResponse): BudgetResponse {
  setEtag(response, contentTag(shown));
  return shown;
}
