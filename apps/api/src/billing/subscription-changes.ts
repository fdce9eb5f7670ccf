import { BillingWork, type LiveSubscription, OverageReports, PAYMENT_REQUIRED, PlanCatalogStore, type PlanRow, StripeSubscriptions, type StripeSubscription, SubscriptionMirror, type SubscriptionRef, SubscriptionStore } from '@app/billing';
import { AppError } from '@app/common';
import { recordAudit } from '@app/domain';
import { Injectable } from '@nestjs/common';
import type { ChangePreviewResponse } from './dto/subscription.response';

/** A subscription that Stripe knows. */
export type Paid = LiveSubscription & { readonly stripeSubscriptionId: string; readonly stripeSubscriptionItemId: string };

/** Asks Stripe to change a subscription, and writes its answer as a webhook would; credits wait for the webhook of the invoice. */
@Injectable()
export class SubscriptionChanges {
  constructor(
    private readonly rows: SubscriptionStore,
    private readonly stripe: StripeSubscriptions,
    private readonly mirror: SubscriptionMirror,
    private readonly catalog: PlanCatalogStore,
    private readonly overage: OverageReports,
    private readonly work: BillingWork,
  ) {}

  /** @throws {AppError} payment_required: the organization pays for no plan */
  async paid(organizationId: string): Promise<Paid> {
    const live = await this.rows.live(this.work.reader, organizationId);
    if (!live?.stripeSubscriptionId || !live.stripeSubscriptionItemId) throw new AppError(PAYMENT_REQUIRED, 'There is no paid subscription; begin one with POST /billing/checkout.', { members: { reason: 'no_subscription', hostedInvoiceUrl: null } });
    return live as Paid;
  }

  /** Before the last invoice is made: what was used beyond the included credits belongs on it. */
  async reportOverage(organizationId: string, live: Paid): Promise<void> {
    if (live.stripeOverageItemId !== null) await this.overage.report({ organizationId, subscriptionId: live.id });
  }

  /** By what a year of them costs. */
  async isBigger(live: Paid, plan: PlanRow): Promise<boolean> {
    const present = await this.catalog.byId(this.work.reader, live.planId);
    return present === null || perYear(plan) > perYear(present);
  }

  async preview(live: Paid, priceId: string): Promise<ChangePreviewResponse> {
    const { amountDueMinor, currency, lines } = await this.stripe.preview(refOf(live), priceId);
    return {
      amountDue: { amount: amountDueMinor, currency },
      lines: lines.map(({ description, amountMinor, isProration, periodStart, periodEnd }) => ({
        description, amount: { amount: amountMinor, currency }, isProration, periodStart: periodStart.toISOString(), periodEnd: periodEnd.toISOString(),
      })),
    };
  }

  /** A refusal of Stripe's would come again for the same key, so the row moves on: the next try is a new call. */
  async apply(organizationId: string, live: Paid, change: (stripe: StripeSubscriptions, ref: SubscriptionRef) => Promise<StripeSubscription>, asked: Readonly<Record<string, unknown>>): Promise<void> {
    const asOf = await this.work.now();
    await this.work.inTurn(organizationId, (tx) => recordAudit(tx, { organizationId, action: 'subscription.change_requested', targetType: 'subscription', targetId: live.id, changes: asked }));
    try {
      await this.mirror.take(await change(this.stripe, refOf(live)), asOf);
    } catch (error) {
      if (error instanceof AppError && error.kind === PAYMENT_REQUIRED) await this.work.inTurn(organizationId, (tx) => this.rows.touch(tx, organizationId, live.id));
      throw error;
    }
  }
}

function refOf(live: Paid): SubscriptionRef {
  return { subscriptionId: live.stripeSubscriptionId, itemId: live.stripeSubscriptionItemId, rowVersion: live.rowVersion, overageItemId: live.stripeOverageItemId };
}

function perYear({ priceMinor, billingInterval }: PlanRow): bigint {
  return billingInterval === 'year' ? priceMinor : priceMinor * 12n;
}
