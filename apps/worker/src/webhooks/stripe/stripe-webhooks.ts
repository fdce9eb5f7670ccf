import { InvoiceMirror, MoneyBack, StripeRecords, SubscriptionMirror } from '@app/billing';
import type { ClaimedWebhook, WebhookOutcome } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { ignored, PROCESSED, WebhookSource } from '../webhook-source';
import { CheckoutNews } from './checkout-news';
import { readStripeEvent, type StripeNews } from './stripe-event';

type Apply = (news: StripeNews) => Promise<boolean>;

const NOT_OURS = 'what it is about is none of ours';

/**
 * What Stripe tells. An event only names what to read again, so its order, its repeats and its age decide nothing; money moves by keys that
 * are made of the object.
 */
@Injectable()
export class StripeWebhooks extends WebhookSource {
  readonly source = 'stripe';
  private readonly byType: ReadonlyMap<string, Apply>;

  constructor(
    private readonly subscriptions: SubscriptionMirror,
    private readonly invoices: InvoiceMirror,
    private readonly moneyBack: MoneyBack,
    private readonly stripe: StripeRecords,
    private readonly checkouts: CheckoutNews,
  ) {
    super();
    this.byType = new Map(Object.entries(this.table()).flatMap(([types, apply]) => types.split(' ').map((type) => [type, apply] as const)));
  }

  async apply(delivery: ClaimedWebhook): Promise<WebhookOutcome> {
    const news = readStripeEvent(delivery.rawBody);
    if (!news) return ignored('this is no event');
    const apply = this.byType.get(news.type);
    if (!apply) return ignored();
    return (await apply(news)) ? PROCESSED : ignored(NOT_OURS);
  }

  private table(): Readonly<Record<string, Apply>> {
    const subscription = 'customer.subscription';
    return {
      [['created', 'updated', 'deleted', 'resumed', 'paused', 'pending_update_applied', 'pending_update_expired'].map((what) => `${subscription}.${what}`).join(' ')]: async ({ objectId }) => (await this.subscriptions.sync(objectId)) !== null,
      'customer.subscription.trial_will_end': ({ objectId }) => this.subscriptions.trialEnds(objectId).then(() => true),
      'subscription_schedule.created subscription_schedule.updated subscription_schedule.released subscription_schedule.completed subscription_schedule.canceled subscription_schedule.aborted': ({ objectId }) => this.schedule(objectId),
      'invoice.created invoice.finalized invoice.updated invoice.sent invoice.voided invoice.marked_uncollectible invoice.overdue invoice.finalization_failed invoice.paid': ({ objectId }) => this.invoice(objectId),
      'invoice.payment_failed invoice.payment_action_required invoice.payment_attempt_required': ({ objectId }) => this.invoice(objectId),
      'checkout.session.completed checkout.session.async_payment_succeeded checkout.session.async_payment_failed checkout.session.expired': ({ objectId }) => this.checkouts.apply(objectId),
      'invoice_payment.paid': ({ objectId }) => this.checkouts.invoicePaid(objectId),
      'refund.created refund.updated refund.failed': ({ objectId }) => this.moneyBack.syncRefund(objectId),
      'charge.refunded': ({ objectId }) => this.moneyBack.syncCharge(objectId),
      'charge.dispute.created charge.dispute.updated charge.dispute.closed charge.dispute.funds_withdrawn charge.dispute.funds_reinstated': ({ objectId }) => this.moneyBack.syncDispute(objectId),
      'customer.updated customer.deleted': ({ objectId }) => this.checkouts.customer(objectId),
    };
  }

  private async invoice(objectId: string): Promise<boolean> {
    return (await this.invoices.sync(objectId)) !== null;
  }

  private async schedule(objectId: string): Promise<boolean> {
    const subscriptionId = await this.stripe.subscriptionOfSchedule(objectId);
    return subscriptionId !== null && (await this.subscriptions.sync(subscriptionId)) !== null;
  }
}
