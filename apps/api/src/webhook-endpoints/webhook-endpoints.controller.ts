import { UNSAFE_URL, VERSION_CONFLICT } from '@app/common';
import { PLAN_LIMIT_WEBHOOK_ENDPOINTS, UnitOfWork, WEBHOOK_ENDPOINT_DUPLICATE, WebhookEndpointStore } from '@app/domain';
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
import { CreateWebhookEndpointDto, RotateSecretDto, UpdateWebhookEndpointDto } from './dto/webhook-endpoint.dto';
import { CreatedWebhookEndpointResponse, RotatedSecretResponse, WebhookEndpointResponse } from './dto/webhook-endpoint.response';
import { WebhookEndpointsService, type Target } from './webhook-endpoints.service';

@Controller('webhook-endpoints')
@Policy({ role: 'admin', scope: 'webhooks:write' })
export class WebhookEndpointsController {
  constructor(
    private readonly service: WebhookEndpointsService,
    private readonly endpoints: WebhookEndpointStore,
    private readonly unitOfWork: UnitOfWork,
    private readonly pager: Pager,
  ) {}

  @Get()
  @ApiOperation({ summary: 'List webhook endpoints', description: 'Those of the organization; the callbacks of single tasks are not among them.' })
  @ApiPage(WebhookEndpointResponse)
  async list(@Query() query: PageQuery, @CurrentPrincipal() principal: Principal, @Req() request: HttpRequest, @Res({ passthrough: true }) response: Response): Promise<PageResponse<WebhookEndpointResponse>> {
    const page = this.pager.open(query, request);
    const rows = await this.endpoints.list(this.unitOfWork.reader, principal.organizationId, page.request);
    return page.close(rows, (row) => WebhookEndpointResponse.from(row), response);
  }

  @Idempotent()
  @Post()
  @ApiOperation({ summary: 'Add a webhook endpoint', description: 'Events are sent to it from now on, signed by Standard Webhooks with the secret in this answer, which is not shown again. At most 10 for an organization.' })
  @ApiCreatedResponse({ type: CreatedWebhookEndpointResponse, headers: { Location: { schema: { type: 'string' } }, ETag: { schema: { type: 'string' } } } })
  @Problems(WEBHOOK_ENDPOINT_DUPLICATE, UNSAFE_URL, PLAN_LIMIT_WEBHOOK_ENDPOINTS)
  async create(
    @Body() dto: CreateWebhookEndpointDto, @CurrentPrincipal() principal: Principal, @CurrentIdempotentCall() call: IdempotentCall | null, @Res({ passthrough: true }) response: Response,
  ): Promise<CreatedWebhookEndpointResponse> {
    const { secret, ...endpoint } = await this.service.create(principal, dto, call);
    response.location(`/api/v1/webhook-endpoints/${endpoint.id}`);
    setEtag(response, contentTag(endpoint));
    return { ...endpoint, secret };
  }

  @Get(':id')
  @ApiOperation({ summary: 'Get one webhook endpoint' })
  @ApiOkResponse({ type: WebhookEndpointResponse })
  async get(@IdParam() id: string, @CurrentPrincipal() principal: Principal, @Res({ passthrough: true }) response: Response): Promise<WebhookEndpointResponse> {
    return tagged(response, WebhookEndpointResponse.from(await this.service.visible(principal, id)));
  }

  @Put(':id')
  @ApiOperation({ summary: 'Change a webhook endpoint', description: 'Merges the fields that are sent. `status: "active"` enables one that was disabled; what was cancelled meanwhile can be redelivered.' })
  @ApiOkResponse({ type: WebhookEndpointResponse })
  @Problems(WEBHOOK_ENDPOINT_DUPLICATE, UNSAFE_URL, VERSION_CONFLICT)
  async update(@IdParam() id: string, @Body() dto: UpdateWebhookEndpointDto, @CurrentPrincipal() principal: Principal, @Res({ passthrough: true }) response: Response): Promise<WebhookEndpointResponse> {
    const target = await this.target(principal, id, response);
    return tagged(response, WebhookEndpointResponse.from(await this.service.update(principal, target, dto)));
  }

  @Patch(':id')
  @ApiOperation({ summary: 'Change a webhook endpoint (alias of PUT)', description: 'Merges the fields that are sent.' })
  @ApiOkResponse({ type: WebhookEndpointResponse })
  @Problems(WEBHOOK_ENDPOINT_DUPLICATE, UNSAFE_URL, VERSION_CONFLICT)
  patch(@IdParam() id: string, @Body() dto: UpdateWebhookEndpointDto, @CurrentPrincipal() principal: Principal, @Res({ passthrough: true }) response: Response): Promise<WebhookEndpointResponse> {
    return this.update(id, dto, principal, response);
  }

  @HttpCode(204)
  @Delete(':id')
  @ApiOperation({ summary: 'Delete a webhook endpoint', description: 'Its secret is wiped, and what was not sent yet is cancelled.' })
  @ApiNoContentResponse()
  @Problems(VERSION_CONFLICT)
  async delete(@IdParam() id: string, @CurrentPrincipal() principal: Principal, @Res({ passthrough: true }) response: Response): Promise<void> {
    await this.service.delete(principal, await this.target(principal, id, response));
  }

  @Idempotent()
  @HttpCode(200)
  @Post(':id/rotate')
  @ApiOperation({ summary: 'Give a webhook endpoint a new secret', description: 'Shown only in this answer. The one before signs as well until `previousSecretExpiresAt`, so that a receiver can be changed in between.' })
  @ApiOkResponse({ type: RotatedSecretResponse })
  rotate(@IdParam() id: string, @Body() dto: RotateSecretDto, @CurrentPrincipal() principal: Principal, @CurrentIdempotentCall() call: IdempotentCall | null): Promise<RotatedSecretResponse> {
    return this.service.rotate(principal, id, dto, call);
  }

  /** What a conditional change is meant for. */
  private async target(principal: Principal, id: string, response: Response): Promise<Target> {
    const row = await this.service.visible(principal, id);
    requireIfMatch(response.req, contentTag(WebhookEndpointResponse.from(row)));
    const isConditional = hasIfMatch(response.req) && response.req.headers['if-match']?.trim() !== '*';
    return { id, rowVersion: isConditional ? row.rowVersion : null };
  }
}

function tagged(response: Response, shown: WebhookEndpointResponse): WebhookEndpointResponse {
  setEtag(response, contentTag(shown));
  return shown;
}
