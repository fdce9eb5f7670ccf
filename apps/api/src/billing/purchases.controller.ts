import { InvoiceStore, PurchaseStore, STRIPE_ERROR } from '@app/billing';
import { INTEGRATION_NOT_CONFIGURED, notFound } from '@app/common';
import { UnitOfWork } from '@app/domain';
import { Body, Controller, Get, Post, Query, Req, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import type { Response } from 'express';
import { CurrentPrincipal, Policy } from '../auth/auth.decorators';
import type { Principal } from '../auth/principal';
import { setEtag, versionTag } from '../http/etag';
import type { HttpRequest } from '../http/http-request';
import type { IdempotentCall } from '../http/idempotency/idempotent-call';
import { CurrentIdempotentCall, Idempotent } from '../http/idempotency/idempotent.decorators';
import { ApiPage } from '../http/openapi/answers';
import { Problems } from '../http/openapi/problems.decorator';
import { PageQuery, type PageResponse } from '../http/paging/page.query';
import { Pager } from '../http/paging/pager';
import { IdParam } from '../http/validation/id.param';
import { PurchaseDto } from './dto/subscription.dto';
import { InvoiceResponse, PurchaseResponse, PurchaseStartedResponse } from './dto/subscription.response';
import { PurchasesService } from './purchases.service';
import { AllowedReturnUrls } from './return-urls';

const STATUSES = ['draft', 'open', 'paid', 'uncollectible', 'void'] as const;

export class InvoiceQuery extends PageQuery {
  @ApiPropertyOptional({ enum: STATUSES, example: 'paid', description: 'Left out: all but drafts.' })
  @IsOptional() @IsIn(STATUSES)
  status?: (typeof STATUSES)[number];
}

@Controller()
export class PurchasesController {
  constructor(
    private readonly service: PurchasesService,
    private readonly purchases: PurchaseStore,
    private readonly invoices: InvoiceStore,
    private readonly urls: AllowedReturnUrls,
    private readonly pager: Pager,
    private readonly work: UnitOfWork,
  ) {}

  @Policy({ role: 'billing', scope: 'billing:write' })
  @Idempotent()
  @Post('credits/purchase')
  @ApiOperation({ summary: 'Buy a package of credits', description: 'Answers with a page of Stripe\'s. The credits come when it is paid there, which a webhook tells.' })
  @ApiCreatedResponse({ type: PurchaseStartedResponse })
  @Problems(INTEGRATION_NOT_CONFIGURED, STRIPE_ERROR)
  purchase(@Body() dto: PurchaseDto, @CurrentPrincipal() principal: Principal, @CurrentIdempotentCall() call: IdempotentCall | null): Promise<PurchaseStartedResponse> {
    this.urls.require('successUrl', dto.successUrl);
    this.urls.require('cancelUrl', dto.cancelUrl);
    return this.service.begin(principal, dto, call);
  }

  @Policy({ scope: 'billing:read' })
  @Get('credits/purchases')
  @ApiOperation({ summary: 'List purchases of credits' })
  @ApiPage(PurchaseResponse)
  async list(@Query() query: PageQuery, @CurrentPrincipal() { organizationId }: Principal, @Req() request: HttpRequest, @Res({ passthrough: true }) response: Response): Promise<PageResponse<PurchaseResponse>> {
    const page = this.pager.open(query, request);
    return page.close(await this.purchases.page(this.work.reader, organizationId, page.request), (row) => PurchaseResponse.from(row), response);
  }

  @Policy({ role: 'billing', scope: 'billing:read' })
  @Get('billing/invoices')
  @ApiOperation({ summary: 'List invoices' })
  @ApiPage(InvoiceResponse)
  async listInvoices(@Query() query: InvoiceQuery, @CurrentPrincipal() { organizationId }: Principal, @Req() request: HttpRequest, @Res({ passthrough: true }) response: Response): Promise<PageResponse<InvoiceResponse>> {
    const page = this.pager.open(query, request);
    const { status } = query;
    return page.close(await this.invoices.page(this.work.reader, organizationId, status === undefined ? {} : { status }, page.request), (row) => InvoiceResponse.from(row), response);
  }

  @Policy({ role: 'billing', scope: 'billing:read' })
  @Get('billing/invoices/:id')
  @ApiOperation({ summary: 'Get one invoice' })
  @ApiOkResponse({ type: InvoiceResponse })
  async invoice(@IdParam() id: string, @CurrentPrincipal() { organizationId }: Principal, @Res({ passthrough: true }) response: Response): Promise<InvoiceResponse> {
    const row = await this.invoices.find(this.work.reader, organizationId, id);
    if (!row) throw notFound();
    setEtag(response, versionTag(row.rowVersion));
    return InvoiceResponse.from(row);
  }
}
