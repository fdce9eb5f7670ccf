import { PAYMENT_REQUIRED, STRIPE_ERROR, SUBSCRIPTION_EXISTS } from '@app/billing';
import { INTEGRATION_NOT_CONFIGURED } from '@app/common';
import { Body, Controller, Get, HttpCode, Post, Put, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { Response } from 'express';
import { CurrentPrincipal, Policy } from '../auth/auth.decorators';
import type { Principal } from '../auth/principal';
import { contentTag, setEtag } from '../http/etag';
import type { IdempotentCall } from '../http/idempotency/idempotent-call';
import { CurrentIdempotentCall, Idempotent } from '../http/idempotency/idempotent.decorators';
import { Problems } from '../http/openapi/problems.decorator';
import { CancelSubscriptionDto, ChangeSubscriptionDto, CheckoutDto, OverageDto, PortalDto } from './dto/subscription.dto';
import { CheckoutResponse, PortalResponse, SubscriptionChangeResponse, SubscriptionResponse } from './dto/subscription.response';
import { BillingPortal } from './billing-portal';
import { AllowedReturnUrls } from './return-urls';
import { SubscriptionsService } from './subscriptions.service';

@Controller('billing')
export class SubscriptionController {
  constructor(
    private readonly subscriptions: SubscriptionsService,
    private readonly portal: BillingPortal,
    private readonly urls: AllowedReturnUrls,
  ) {}

  @Policy({ scope: 'billing:read' })
  @Get('subscription')
  @ApiOperation({ summary: 'Get the plan and what was used of it' })
  @ApiOkResponse({ type: SubscriptionResponse })
  async show(@CurrentPrincipal() principal: Principal, @Res({ passthrough: true }) response: Response): Promise<SubscriptionResponse> {
    const shown = await this.subscriptions.show(principal);
    setEtag(response, contentTag(shown));
    return shown;
  }

  @Policy({ role: 'billing', scope: 'billing:write' })
  @Idempotent()
  @Post('checkout')
  @ApiOperation({ summary: 'Begin to pay for a plan', description: 'Answers with a page of Stripe\'s. The plan begins when it is paid there, which webhooks tell.' })
  @ApiCreatedResponse({ type: CheckoutResponse })
  @Problems(SUBSCRIPTION_EXISTS, INTEGRATION_NOT_CONFIGURED, STRIPE_ERROR)
  checkout(@Body() dto: CheckoutDto, @CurrentPrincipal() principal: Principal, @CurrentIdempotentCall() call: IdempotentCall | null): Promise<CheckoutResponse> {
    this.urls.require('successUrl', dto.successUrl);
    this.urls.require('cancelUrl', dto.cancelUrl);
    return this.subscriptions.checkout(principal, dto, call);
  }

  @Policy({ role: 'billing', scope: 'billing:write' })
  @Idempotent()
  @HttpCode(200)
  @Post('subscription/change')
  @ApiOperation({ summary: 'Change the plan', description: 'A bigger plan begins now, and the rest of the period is charged; a smaller one begins when the period ends. `preview` shows what it would cost now.' })
  @ApiOkResponse({ type: SubscriptionChangeResponse })
  @Problems(PAYMENT_REQUIRED, INTEGRATION_NOT_CONFIGURED, STRIPE_ERROR)
  async change(@Body() dto: ChangeSubscriptionDto, @CurrentPrincipal() principal: Principal): Promise<SubscriptionChangeResponse> {
    if (dto.preview === true) return { subscription: null, preview: await this.subscriptions.preview(principal, dto) };
    return { subscription: await this.subscriptions.change(principal, dto), preview: null };
  }

  @Policy({ role: 'billing', scope: 'billing:write' })
  @Idempotent()
  @HttpCode(200)
  @Post('subscription/cancel')
  @ApiOperation({ summary: 'Cancel the subscription', description: 'Nothing is paid back. Until it ends it can be resumed.' })
  @ApiOkResponse({ type: SubscriptionResponse })
  @Problems(PAYMENT_REQUIRED, INTEGRATION_NOT_CONFIGURED, STRIPE_ERROR)
  cancel(@Body() dto: CancelSubscriptionDto, @CurrentPrincipal() principal: Principal): Promise<SubscriptionResponse> {
    return this.subscriptions.cancel(principal, dto);
  }

  @Policy({ role: 'billing', scope: 'billing:write' })
  @Put('subscription/overage')
  @ApiOperation({ summary: 'Allow credits beyond the plan', description: 'When the credits are used up, work goes on until so many more are used in the period; they are on the next invoice. Without a limit work stops when the credits are used up.' })
  @ApiOkResponse({ type: SubscriptionResponse })
  @Problems(PAYMENT_REQUIRED, INTEGRATION_NOT_CONFIGURED, STRIPE_ERROR)
  limitOverage(@Body() dto: OverageDto, @CurrentPrincipal() principal: Principal): Promise<SubscriptionResponse> {
    return this.subscriptions.limitOverage(principal, dto);
  }

  @Policy({ role: 'billing', scope: 'billing:write' })
  @Idempotent()
  @HttpCode(200)
  @Post('subscription/resume')
  @ApiOperation({ summary: 'Take a cancellation back', description: 'Also a smaller plan that would begin when the period ends.' })
  @ApiOkResponse({ type: SubscriptionResponse })
  @Problems(PAYMENT_REQUIRED, INTEGRATION_NOT_CONFIGURED, STRIPE_ERROR)
  resume(@CurrentPrincipal() principal: Principal): Promise<SubscriptionResponse> {
    return this.subscriptions.resume(principal);
  }

  @Policy({ role: 'billing', scope: 'billing:write' })
  @Idempotent()
  @Post('portal')
  @ApiOperation({ summary: 'Open the billing portal', description: 'Cards, addresses and invoices, on a page of Stripe\'s.' })
  @ApiCreatedResponse({ type: PortalResponse })
  @Problems(PAYMENT_REQUIRED, INTEGRATION_NOT_CONFIGURED, STRIPE_ERROR)
  async openPortal(@Body() dto: PortalDto, @CurrentPrincipal() principal: Principal): Promise<PortalResponse> {
    this.urls.require('returnUrl', dto.returnUrl);
    return { url: await this.portal.open(principal, dto) };
  }
}
