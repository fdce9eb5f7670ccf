import { Injectable } from '@nestjs/common';
import type Stripe from 'stripe';
import { StripeClient } from './stripe-client';
import type { StripeCheckoutSession, StripePrice } from './stripe-objects';

/** Something for sale, as its row says. */
export interface Sellable {
  readonly id: string;
  readonly kind: 'plan' | 'package';
  readonly displayName: string;
  readonly amountMinor: bigint;
  readonly currency: string;
  /** null: paid once. */
  readonly interval: 'month' | 'year' | null;
}

/** Where the browser goes afterwards. */
export interface ReturnUrls {
  readonly successUrl: string;
  readonly cancelUrl: string;
}

export interface PlanCheckout extends ReturnUrls {
  readonly customerId: string;
  readonly organizationId: string;
  readonly userId: string;
  readonly plan: string;
  readonly priceId: string;
  readonly trialDays: number;
  readonly idempotencyKey: string;
}

export interface PackageCheckout extends ReturnUrls {
  readonly customerId: string;
  readonly organizationId: string;
  readonly purchaseId: string;
  readonly priceId: string;
}

export type PortalFlow = 'payment_method_update' | 'subscription_cancel';

/** What a customer needs before there is a subscription: the customer, prices, pages of Stripe to pay on. */
@Injectable()
export class StripeCheckout {
  constructor(private readonly stripe: StripeClient) {}

  /** One customer per organization, however often this is called: the key is the organization's. */
  async createCustomer(organization: { id: string; name: string; email: string | null }): Promise<string> {
    const { id, name, email } = organization;
    const customer = await this.stripe.ask<Stripe.Customer>('customer', (api) =>
      api.customers.create({ name, ...(email === null ? {} : { email }), metadata: { organization_id: id } }, { idempotencyKey: `customer-${id}` }),
    );
    return customer.id;
  }

  findPrice(priceId: string): Promise<StripePrice | null> {
    return this.stripe.find('price', (api) => api.prices.retrieve(priceId));
  }

  /** The price names its plan, so that what was sold at an old price is still known after a new one. */
  createPrice(item: Sellable): Promise<StripePrice> {
    const { id, kind, displayName, amountMinor, currency, interval } = item;
    const params: Stripe.PriceCreateParams = {
      currency, unit_amount: Number(amountMinor), product_data: { name: displayName }, metadata: { [`${kind}_id`]: id }, ...(interval === null ? {} : { recurring: { interval } }),
    };
    return this.stripe.ask('price', (api) => api.prices.create(params, { idempotencyKey: `price-${id}-${amountMinor}-${currency}-${interval ?? 'once'}` }));
  }

  openForPlan(wish: PlanCheckout): Promise<StripeCheckoutSession> {
    const metadata = { organization_id: wish.organizationId, user_id: wish.userId, plan: wish.plan };
    return this.stripe.ask('checkout.session', (api) =>
      api.checkout.sessions.create(
        {
          mode: 'subscription', customer: wish.customerId, client_reference_id: wish.organizationId, line_items: [{ price: wish.priceId, quantity: 1 }], metadata,
          subscription_data: { metadata, ...(wish.trialDays > 0 ? { trial_period_days: wish.trialDays } : {}) }, success_url: wish.successUrl, cancel_url: wish.cancelUrl,
        },
        { idempotencyKey: wish.idempotencyKey },
      ),
    );
  }

  openForPackage(wish: PackageCheckout): Promise<StripeCheckoutSession> {
    const metadata = { organization_id: wish.organizationId, purchase_id: wish.purchaseId };
    return this.stripe.ask('checkout.session', (api) =>
      api.checkout.sessions.create(
        {
          mode: 'payment', customer: wish.customerId, client_reference_id: wish.organizationId, line_items: [{ price: wish.priceId, quantity: 1 }], metadata,
          payment_intent_data: { metadata }, invoice_creation: { enabled: true }, success_url: wish.successUrl, cancel_url: wish.cancelUrl,
        },
        { idempotencyKey: `checkout-${wish.purchaseId}` },
      ),
    );
  }

  findSession(sessionId: string): Promise<StripeCheckoutSession | null> {
    return this.stripe.find('checkout.session', (api) => api.checkout.sessions.retrieve(sessionId, { expand: ['payment_intent'] }));
  }

  async findSessionOfPayment(paymentIntentId: string): Promise<string | null> {
    const [session] = await this.stripe.all('checkout.session', 1, (api) => api.checkout.sessions.list({ payment_intent: paymentIntentId, limit: 1 }));
    return session?.id ?? null;
  }

  /** `flow`: straight to one thing, back afterwards. */
  async openPortal(wish: { customerId: string; returnUrl: string; flow?: PortalFlow; subscriptionId?: string | null }): Promise<string> {
    const { customerId, returnUrl, flow, subscriptionId } = wish;
    const cancel = flow === 'subscription_cancel' && subscriptionId ? { subscription_cancel: { subscription: subscriptionId } } : {};
    const flowData = flow === undefined ? {} : { flow_data: { type: flow, ...cancel, after_completion: { type: 'redirect' as const, redirect: { return_url: returnUrl } } } };
    const session = await this.stripe.ask<Stripe.BillingPortal.Session>('billing_portal.session', (api) => api.billingPortal.sessions.create({ customer: customerId, return_url: returnUrl, ...flowData }));
    return session.url;
  }
}
