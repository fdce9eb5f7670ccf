import { AppError } from '@app/common';
import { Injectable } from '@nestjs/common';
import type Stripe from 'stripe';
import { StripeClient } from './stripe-client';
import { PAYMENT_REQUIRED } from './stripe.errors';
import { expanded, idOf, itemsOf, type StripeSubscription } from './stripe-objects';

/** A subscription of ours at Stripe, and the version of our row that a change is made from: a repeat of the same change is the same call. */
export interface SubscriptionRef {
  readonly subscriptionId: string;
  readonly itemId: string;
  readonly rowVersion: number;
  /** Where overage is switched on. */
  readonly overageItemId?: string | null;
}

/** What a plan is charged by from now on; `overagePriceId`: of credits beyond it. */
export interface NewPrices {
  readonly priceId: string;
  readonly overagePriceId?: string | null;
}

/** What a change would cost now. Amounts in minor units. */
export interface ChangePreview {
  readonly amountDueMinor: number;
  readonly currency: string;
  readonly lines: readonly { readonly description: string | null; readonly amountMinor: number; readonly isProration: boolean; readonly periodStart: Date; readonly periodEnd: Date }[];
}

const EXPAND = ['latest_invoice', 'schedule'];

/** Subscriptions at Stripe: read, changed, ended. Money and credits follow by webhooks only. */
@Injectable()
export class StripeSubscriptions {
  constructor(private readonly stripe: StripeClient) {}

  find(subscriptionId: string): Promise<StripeSubscription | null> {
    return this.stripe.find('subscription', (api) => api.subscriptions.retrieve(subscriptionId, { expand: EXPAND }));
  }

  /** Changed since: every subscription made then, and the open ones. */
  created(since: Date, most: number): Promise<StripeSubscription[]> {
    return this.stripe.all('subscription', most, (api) => api.subscriptions.list({ status: 'all', created: { gte: Math.floor(since.getTime() / 1_000) }, limit: 100 }));
  }

  /** At once, charged for the rest of the period. Without a payment the old plan stays. @throws {AppError} payment_required */
  async changeNow(ref: SubscriptionRef, { priceId, overagePriceId = null }: NewPrices): Promise<StripeSubscription> {
    await this.dropSchedule(ref);
    const changed = await this.stripe.ask<StripeSubscription>('subscription', (api) =>
      api.subscriptions.update(
        ref.subscriptionId,
        { items: [{ id: ref.itemId, price: priceId }, ...overageItem(ref, overagePriceId)], proration_behavior: 'always_invoice', payment_behavior: 'pending_if_incomplete', expand: EXPAND },
        { idempotencyKey: keyOf('sub-change', ref, priceId) },
      ),
    );
    if (changed.pending_update === null) return changed;
    const hostedInvoiceUrl = expanded(changed.latest_invoice)?.hosted_invoice_url ?? null;
    throw new AppError(PAYMENT_REQUIRED, 'The difference was not paid; the plan stays as it is. Pay the invoice within a day to change it all the same.', { members: { reason: 'payment_failed', hostedInvoiceUrl } });
  }

  /** When the period ends, by a schedule of two phases. */
  async changeAtPeriodEnd(ref: SubscriptionRef, { priceId, overagePriceId = null }: NewPrices): Promise<StripeSubscription> {
    const schedule = await this.scheduleOf(ref);
    const [current] = schedule.phases.filter(({ start_date }) => start_date === schedule.current_phase?.start_date);
    const items = (current?.items ?? []).map(({ price, quantity }) => ({ price: idOf(price) ?? '', ...(quantity === undefined ? {} : { quantity }) }));
    const overage = ref.overageItemId && overagePriceId !== null ? [{ price: overagePriceId }] : [];
    const { start_date, end_date } = schedule.current_phase ?? { start_date: 0, end_date: 0 };
    const trial = current?.trial_end ? { trial_end: current.trial_end } : {};
    await this.stripe.ask<Stripe.SubscriptionSchedule>('subscription_schedule', (api) =>
      api.subscriptionSchedules.update(
        schedule.id,
        { end_behavior: 'release', phases: [{ items, start_date, end_date, ...trial }, { items: [{ price: priceId, quantity: 1 }, ...overage], proration_behavior: 'none', duration: { interval: 'month', interval_count: 1 } }] },
        { idempotencyKey: keyOf('sub-schedule', ref, priceId) },
      ),
    );
    return this.required(ref.subscriptionId);
  }

  preview(ref: SubscriptionRef, priceId: string): Promise<ChangePreview> {
    const params: Stripe.InvoiceCreatePreviewParams = {
      subscription: ref.subscriptionId, subscription_details: { items: [{ id: ref.itemId, price: priceId }], proration_behavior: 'always_invoice' },
    };
    return this.stripe.ask<Stripe.Invoice>('invoice', (api) => api.invoices.createPreview(params)).then((invoice) => ({
      amountDueMinor: invoice.amount_due,
      currency: invoice.currency,
      lines: invoice.lines.data.map((line) => ({
        description: line.description, amountMinor: line.amount, isProration: line.parent?.subscription_item_details?.proration ?? false,
        periodStart: new Date(line.period.start * 1_000), periodEnd: new Date(line.period.end * 1_000),
      })),
    }));
  }

  /** Nothing is paid back; until the end of the period everything stays as it is. */
  async cancelAtPeriodEnd(ref: SubscriptionRef): Promise<StripeSubscription> {
    await this.dropSchedule(ref);
    return this.stripe.ask('subscription', (api) => api.subscriptions.update(ref.subscriptionId, { cancel_at_period_end: true, expand: EXPAND }, { idempotencyKey: keyOf('sub-cancel', ref) }));
  }

  /** From now on overage is charged by this price; an item of it stays when overage is switched off, as what was used of it is still to be paid. */
  async sellOverage(ref: SubscriptionRef, priceId: string): Promise<StripeSubscription> {
    const present = itemsOf(await this.required(ref.subscriptionId)).overage;
    if (present && idOf(present.price) === priceId) return this.required(ref.subscriptionId);
    const item = present ? { id: present.id, price: priceId } : { price: priceId };
    return this.stripe.ask('subscription', (api) => api.subscriptions.update(ref.subscriptionId, { items: [item], expand: EXPAND }, { idempotencyKey: keyOf('sub-overage', ref, priceId) }));
  }

  /** What was used beyond the included credits is charged with it. */
  cancelNow(ref: SubscriptionRef): Promise<StripeSubscription> {
    const last = ref.overageItemId ? { invoice_now: true } : {};
    return this.stripe.ask('subscription', (api) => api.subscriptions.cancel(ref.subscriptionId, { ...last, expand: EXPAND }, { idempotencyKey: keyOf('sub-end', ref) }));
  }

  /** Takes back a cancellation, or a change, that the end of the period would bring. */
  async resume(ref: SubscriptionRef): Promise<StripeSubscription> {
    await this.dropSchedule(ref);
    return this.stripe.ask('subscription', (api) => api.subscriptions.update(ref.subscriptionId, { cancel_at_period_end: false, expand: EXPAND }, { idempotencyKey: keyOf('sub-resume', ref) }));
  }

  private async scheduleOf(ref: SubscriptionRef): Promise<Stripe.SubscriptionSchedule> {
    const known = idOf((await this.required(ref.subscriptionId)).schedule);
    if (known !== null) return this.stripe.ask('subscription_schedule', (api) => api.subscriptionSchedules.retrieve(known));
    return this.stripe.ask('subscription_schedule', (api) => api.subscriptionSchedules.create({ from_subscription: ref.subscriptionId }, { idempotencyKey: keyOf('sub-plan', ref) }));
  }

  /** A schedule would bring its own plan later, whatever is changed now. */
  private async dropSchedule(ref: SubscriptionRef): Promise<void> {
    const scheduleId = idOf((await this.required(ref.subscriptionId)).schedule);
    if (scheduleId !== null) await this.stripe.ask<Stripe.SubscriptionSchedule>('subscription_schedule', (api) => api.subscriptionSchedules.release(scheduleId, {}, { idempotencyKey: keyOf('sub-release', ref, scheduleId) }));
  }

  private required(subscriptionId: string): Promise<StripeSubscription> {
    return this.stripe.ask('subscription', (api) => api.subscriptions.retrieve(subscriptionId, { expand: EXPAND }));
  }
}

/** The metered item goes over to the new plan's price. */
function overageItem({ overageItemId }: SubscriptionRef, price: string | null): { id: string; price: string }[] {
  return overageItemId && price !== null ? [{ id: overageItemId, price }] : [];
}

function keyOf(what: string, { subscriptionId, rowVersion }: SubscriptionRef, ...more: string[]): string {
  return [what, subscriptionId, String(rowVersion), ...more].join('-');
}
