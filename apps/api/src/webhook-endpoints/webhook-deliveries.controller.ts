import { EndpointDeliveryStore, UnitOfWork, WEBHOOK_ENDPOINT_DISABLED } from '@app/domain';
import { Controller, Get, HttpCode, Post, Query, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { Response } from 'express';
import { CurrentPrincipal, Policy } from '../auth/auth.decorators';
import type { Principal } from '../auth/principal';
import { contentTag, setEtag } from '../http/etag';
import type { HttpRequest } from '../http/http-request';
import type { IdempotentCall } from '../http/idempotency/idempotent-call';
import { CurrentIdempotentCall, Idempotent } from '../http/idempotency/idempotent.decorators';
import { ApiPage } from '../http/openapi/answers';
import { Problems } from '../http/openapi/problems.decorator';
import type { PageResponse } from '../http/paging/page.query';
import { Pager } from '../http/paging/pager';
import { IdParam } from '../http/validation/id.param';
import { DeliveryQuery } from './dto/delivery-query.dto';
import { DeliveryDetailsResponse, DeliveryReferenceResponse, DeliveryResponse } from './dto/delivery.response';
import { WebhookDeliveriesService } from './webhook-deliveries.service';
import { WebhookEndpointsService } from './webhook-endpoints.service';

@Controller('webhook-endpoints/:id')
@Policy({ role: 'admin', scope: 'webhooks:write' })
export class WebhookDeliveriesController {
  constructor(
    private readonly service: WebhookDeliveriesService,
    private readonly endpoints: WebhookEndpointsService,
    private readonly deliveries: EndpointDeliveryStore,
    private readonly unitOfWork: UnitOfWork,
    private readonly pager: Pager,
  ) {}

  @Idempotent()
  @HttpCode(202)
  @Post('ping')
  @ApiOperation({ summary: 'Send a ping to a webhook endpoint', description: 'A `ping` event, now, whatever it subscribed to.' })
  @ApiAcceptedResponse({ type: DeliveryReferenceResponse })
  @Problems(WEBHOOK_ENDPOINT_DISABLED)
  ping(@IdParam() id: string, @CurrentPrincipal() principal: Principal, @CurrentIdempotentCall() call: IdempotentCall | null): Promise<DeliveryReferenceResponse> {
    return this.service.ping(principal, id, call);
  }

  @Get('deliveries')
  @ApiOperation({ summary: 'List what a webhook endpoint was sent', description: 'Of the last 30 days, without bodies.' })
  @ApiPage(DeliveryResponse)
  async list(
    @IdParam() id: string, @Query() query: DeliveryQuery, @CurrentPrincipal() principal: Principal, @Res({ passthrough: true }) response: Response,
  ): Promise<PageResponse<DeliveryResponse>> {
    const page = this.pager.open(query, response.req as HttpRequest);
    await this.endpoints.visible(principal, id);
    const { status, eventType } = query;
    const rows = await this.deliveries.list(this.unitOfWork.reader, { organizationId: principal.organizationId, endpointId: id, status, eventType }, page.request);
    return page.close(rows, (row) => DeliveryResponse.from(row), response);
  }

  @Get('deliveries/:deliveryId')
  @ApiOperation({ summary: 'Get one delivery, with its body' })
  @ApiOkResponse({ type: DeliveryDetailsResponse })
  async get(@IdParam() id: string, @IdParam('deliveryId') deliveryId: string, @CurrentPrincipal() principal: Principal, @Res({ passthrough: true }) response: Response): Promise<DeliveryDetailsResponse> {
    const shown = DeliveryDetailsResponse.of(await this.service.visible(principal, id, deliveryId));
    setEtag(response, contentTag(shown));
    return shown;
  }

  @Idempotent()
  @HttpCode(202)
  @Post('deliveries/:deliveryId/redeliver')
  @ApiOperation({ summary: 'Send a delivery again', description: 'Now, with all tries ahead, under the same event id: a receiver that remembers ids is safe.' })
  @ApiAcceptedResponse({ type: DeliveryReferenceResponse })
  @Problems(WEBHOOK_ENDPOINT_DISABLED)
  redeliver(
    @IdParam() id: string, @IdParam('deliveryId') deliveryId: string, @CurrentPrincipal() principal: Principal, @CurrentIdempotentCall() call: IdempotentCall | null,
  ): Promise<DeliveryReferenceResponse> {
    return this.service.redeliver(principal, { endpointId: id, id: deliveryId }, call);
  }
}
