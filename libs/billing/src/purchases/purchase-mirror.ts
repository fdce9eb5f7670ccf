import { recordAudit, type Tx } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { PaidCredits } from '../credits/paid-credits';
import { StripeCheckout } from '../payments/stripe-checkout';
import { expanded, idOf, type StripeCheckoutSession, type StripePaymentIntent } from '../payments/stripe-objects';
import { BillingWork } from '../subscriptions/billing-work';
import { type PurchaseRow, PurchaseStore } from './purchase.store';

const DAY_MS = 86_400_000;

/** What became of checkouts of credit packages: paid ones bring their credits, once. */
@Injectable()
export class PurchaseMirror {
  constructor(
    private readonly checkout: StripeCheckout,
    private readonly purchases: PurchaseStore,
    private readonly paid: PaidCredits,
    private readonly work: BillingWork,
  ) {}

  /** Reads a checkout again. The purchase's id; null: it is none of ours. */
  async sync(sessionId: string): Promise<string | null> {
    const session = await this.checkout.findSession(sessionId);
    const purchaseId = session?.mode === 'payment' ? session.metadata?.['purchase_id'] : undefined;
    const purchase = purchaseId === undefined ? null : await this.purchases.find(this.work.reader, purchaseId);
    if (!session || !purchase || session.client_reference_id !== purchase.organizationId) return null;
    const intent = expanded(session.payment_intent);
    await this.work.inTurn(purchase.organizationId, async (tx) => {
      if (session.payment_status === 'paid' && intent) await this.complete(tx, purchase, { session, intent });
      else await this.end(tx, purchase, session, intent);
    });
    return purchase.id;
  }

  /** The purchase that a payment belongs to, brought up to date. */
  async ofPayment(paymentIntentId: string): Promise<string | null> {
    const sessionId = await this.checkout.findSessionOfPayment(paymentIntentId);
    return sessionId === null ? null : this.sync(sessionId);
  }

  /** Never opened, or never ended: asked about, else given up. */
  async giveUp(stale: { id: string; sessionId: string | null }): Promise<boolean> {
    if (stale.sessionId !== null) return (await this.sync(stale.sessionId)) !== null;
    return this.purchases.fail(this.work.reader, stale.id, 'expired', null);
  }

  private async complete(tx: Tx, purchase: PurchaseRow, { session, intent }: { session: StripeCheckoutSession; intent: StripePaymentIntent }): Promise<void> {
    // Taxes may be added; less than the price, or other money, is not what was sold.
    if (session.amount_subtotal !== Number(purchase.amountMinor) || session.currency !== purchase.currency) throw new Error(`purchase ${purchase.id} was paid with ${session.amount_subtotal} ${session.currency}`);
    const at = new Date(intent.created * 1_000);
    const expiresAt = purchase.expiresAfterDays === null ? null : new Date(at.getTime() + purchase.expiresAfterDays * DAY_MS);
    const { organizationId, id: purchaseId, userId } = purchase;
    if (await this.purchases.complete(tx, purchaseId, { sessionId: session.id, paymentIntentId: intent.id, at, expiresAt })) {
      await recordAudit(tx, { organizationId, action: 'credits.purchased', targetType: 'credit_purchase', targetId: purchaseId, changes: { creditsMicros: purchase.creditsMicro } });
    }
    await this.paid.purchase(tx, { organizationId, purchaseId, userId, amountMicro: purchase.creditsMicro, expiresAt, description: purchase.packageName });
    const chargeId = idOf(intent.latest_charge);
    if (chargeId !== null) await this.paid.clear(tx, { organizationId, chargeId, payment: { purchaseId } });
  }

  private async end(tx: Tx, { id }: PurchaseRow, session: StripeCheckoutSession, intent: StripePaymentIntent | null): Promise<void> {
    if (session.status === 'expired') await this.purchases.fail(tx, id, 'expired', null);
    const hasFailed = session.status === 'complete' && (intent?.status === 'requires_payment_method' || intent?.status === 'canceled');
    if (hasFailed) await this.purchases.fail(tx, id, 'failed', intent.last_payment_error?.code ?? intent.cancellation_reason ?? 'declined');
  }
}
