import { recordAudit, sqlRow, type Tx } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { ReversedCredits, shareOfCredits } from '../credits/reversed-credits';
import { idOf, type StripeDispute, type StripeRefund } from '../payments/stripe-objects';
import { StripeRecords } from '../payments/stripe-records';
import { BillingWork } from '../subscriptions/billing-work';
import { type PaidThing, PaidThings } from './paid-things';

type DisputeState = 'open' | 'won' | 'lost';

/** Stripe's words for a dispute; inquiries (`warning_…`) freeze nothing until they become one. */
const STATES: Readonly<Record<string, DisputeState>> = {
  needs_response: 'open', under_review: 'open', lost: 'lost', appeal_needs_response: 'lost', appeal_under_review: 'lost', won: 'won', warning_closed: 'won', prevented: 'won',
};

/** Refunds and disputes: each takes back the credits that its own money bought, once. */
@Injectable()
export class MoneyBack {
  constructor(
    private readonly stripe: StripeRecords,
    private readonly things: PaidThings,
    private readonly reversed: ReversedCredits,
    private readonly work: BillingWork,
  ) {}

  /** Reads one refund again. False: its payment is none of ours. */
  async syncRefund(refundId: string): Promise<boolean> {
    const refund = await this.stripe.refund(refundId);
    return refund !== null && this.takeRefund(refund);
  }

  /** Every refund of a charge, each by its own amount: the charge's sum says nothing about which. */
  async syncCharge(chargeId: string): Promise<boolean> {
    let isOurs = false;
    for (const refund of await this.stripe.refundsOfCharge(chargeId)) isOurs = (await this.takeRefund(refund)) || isOurs;
    return isOurs;
  }

  /** Reads one dispute again; what it says now decides, whichever event came first. */
  async syncDispute(disputeId: string): Promise<boolean> {
    const dispute = await this.stripe.dispute(disputeId);
    const paymentIntentId = dispute && (await this.paymentOf(dispute));
    const state = dispute && STATES[dispute.status];
    if (!dispute || !paymentIntentId || state === undefined || state === null) return false;
    return this.inBooks(paymentIntentId, (tx, thing) => this.bookDispute(tx, thing, dispute, state));
  }

  /** Reads again what a charge paid for. False: it is none of ours. */
  async syncPayment(chargeId: string): Promise<boolean> {
    const paymentIntentId = idOf((await this.stripe.charge(chargeId))?.payment_intent);
    return paymentIntentId !== null && this.things.again(paymentIntentId);
  }

  private async takeRefund(refund: StripeRefund): Promise<boolean> {
    const paymentIntentId = await this.paymentOf(refund);
    return paymentIntentId !== null && this.inBooks(paymentIntentId, (tx, thing) => this.bookRefund(tx, thing, refund));
  }

  private async inBooks(paymentIntentId: string, book: (tx: Tx, thing: PaidThing) => Promise<void>): Promise<boolean> {
    const found = await this.things.of(paymentIntentId);
    if (!found) return false;
    await this.work.inTurn(found.organizationId, async (tx) => {
      const thing = await this.things.read(tx, paymentIntentId);
      if (thing) await book(tx, thing);
    });
    return true;
  }

  private async bookRefund(tx: Tx, thing: PaidThing, refund: StripeRefund): Promise<void> {
    const isBooked = refund.id in thing.books.refunds;
    if (refund.status === 'succeeded' && !isBooked) await this.refunded(tx, thing, refund);
    if ((refund.status === 'failed' || refund.status === 'canceled') && isBooked) await this.refundFailed(tx, thing, refund);
  }

  private async refunded(tx: Tx, thing: PaidThing, refund: StripeRefund): Promise<void> {
    const before = Object.values(thing.books.refunds).reduce((sum, amount) => sum + amount, 0);
    const credits = await this.creditsOf(tx, thing);
    // The difference of two shares, so that parts which make up the whole take back the whole.
    const amountMicro = share(credits, before + refund.amount, thing) - share(credits, before, thing);
    await this.reversed.refund(tx, { organizationId: thing.organizationId, payment: thing.payment, amountMicro, refundId: refund.id, description: 'The payment was refunded' });
    await this.things.write(tx, thing, { ...thing.books, refunds: { ...thing.books.refunds, [refund.id]: refund.amount } });
    await this.audit(tx, thing, { refund: refund.id, amountMinor: refund.amount });
  }

  private async refundFailed(tx: Tx, thing: PaidThing, refund: StripeRefund): Promise<void> {
    await this.reversed.refundFailed(tx, { organizationId: thing.organizationId, payment: thing.payment, refundId: refund.id, description: 'The refund failed at the bank' });
    const refunds = Object.fromEntries(Object.entries(thing.books.refunds).filter(([id]) => id !== refund.id));
    await this.things.write(tx, thing, { ...thing.books, refunds });
    await this.audit(tx, thing, { refund: refund.id, failed: true });
  }

  private async bookDispute(tx: Tx, thing: PaidThing, dispute: StripeDispute, state: DisputeState): Promise<void> {
    if (thing.books.disputes[dispute.id] === state) return;
    const amountMicro = share(await this.creditsOf(tx, thing), dispute.amount, thing);
    const moved = { organizationId: thing.organizationId, payment: thing.payment, amountMicro, disputeId: dispute.id };
    if (state === 'open') await this.reversed.freezeDispute(tx, moved);
    else if (state === 'lost') await this.reversed.loseDispute(tx, { ...moved, description: 'The payment was charged back' });
    else await this.reversed.winDispute(tx, moved);
    await this.things.write(tx, thing, { ...thing.books, disputes: { ...thing.books.disputes, [dispute.id]: state } });
    await this.audit(tx, thing, { dispute: dispute.id, state });
  }

  /** Disputes may name their charge only. */
  private async paymentOf(of: Pick<StripeDispute, 'payment_intent' | 'charge'> | Pick<StripeRefund, 'payment_intent' | 'charge'>): Promise<string | null> {
    const direct = idOf(of.payment_intent);
    const charge = idOf(of.charge);
    return direct ?? (charge === null ? null : idOf((await this.stripe.charge(charge))?.payment_intent));
  }

  private async creditsOf(tx: Tx, thing: PaidThing): Promise<bigint> {
    if (thing.creditsMicro !== null) return thing.creditsMicro;
    const lot = await sqlRow<{ amountMicro: bigint }>(tx, `SELECT amount_micro FROM credit_grants WHERE invoice_id = $1 AND source = 'subscription'`, [thing.id], ['amountMicro']);
    return lot?.amountMicro ?? 0n;
  }

  private audit(tx: Tx, { organizationId, kind, id }: PaidThing, changes: Record<string, unknown>): Promise<void> {
    return recordAudit(tx, { organizationId, action: 'payment.reversed', targetType: kind === 'purchase' ? 'credit_purchase' : 'invoice', targetId: id, changes });
  }
}

function share(creditsMicro: bigint, amountMinor: number, thing: PaidThing): bigint {
  return amountMinor <= 0 ? 0n : shareOfCredits(creditsMicro, { amountMinor: BigInt(amountMinor), ofMinor: thing.amountMinor });
}
