// Refunds and disputes, as they are made in Stripe's dashboard and by banks.
import type Stripe from 'stripe';
import { dispute, refund } from './shapes/payments';
import type { StripeState } from './stripe-state';

export function refundCharge(state: StripeState, { payment, amount, status = 'succeeded' }: { payment: string; amount?: number; status?: string }): Stripe.Refund {
  const charge = chargeOf(state, payment);
  const left = charge.amount - charge.amount_refunded;
  const made = refund({ id: state.id('re'), created: state.now(), amount: amount ?? left, status }, charge);
  if (made.amount > left || made.amount <= 0) throw new Error(`Refund amount (${made.amount}) is greater than unrefunded amount on charge (${left})`);
  state.refunds.set(made.id, made);
  charge.amount_refunded += made.amount;
  charge.refunded = charge.amount_refunded === charge.amount;
  state.emit('refund.created', made);
  state.emit('charge.refunded', charge);
  return made;
}

/** A refund changes: pending becomes succeeded, or the bank refuses it. */
export function changeRefund(state: StripeState, id: string, status: 'succeeded' | 'failed' | 'canceled'): Stripe.Refund {
  const one = state.refunds.get(id);
  const charge = one && state.charges.get(one.charge as string);
  if (!one || !charge) throw new Error(`no refund ${id}`);
  one.status = status;
  if (status !== 'succeeded') {
    charge.amount_refunded -= one.amount;
    charge.refunded = false;
    if (status === 'failed') one.failure_reason = 'lost_or_stolen_card';
  }
  state.emit(status === 'failed' ? 'refund.failed' : 'refund.updated', one);
  return one;
}

export function disputeCharge(state: StripeState, { payment, amount, status = 'needs_response' }: { payment: string; amount?: number; status?: Stripe.Dispute.Status }): Stripe.Dispute {
  const charge = chargeOf(state, payment);
  const made = dispute({ id: state.id('dp'), created: state.now(), amount: amount ?? charge.amount, status }, charge);
  state.disputes.set(made.id, made);
  charge.disputed = true;
  state.emit('charge.dispute.created', made);
  return made;
}

export function changeDispute(state: StripeState, id: string, status: Stripe.Dispute.Status): Stripe.Dispute {
  const one = state.disputes.get(id);
  if (!one) throw new Error(`no dispute ${id}`);
  one.status = status;
  state.emit(['won', 'lost', 'warning_closed'].includes(status) ? 'charge.dispute.closed' : 'charge.dispute.updated', one);
  return one;
}

/** By the charge, or by the payment that it was for. */
function chargeOf(state: StripeState, payment: string): Stripe.Charge {
  const charge = state.charges.get(payment) ?? state.charges.get((state.intents.get(payment)?.latest_charge ?? '') as string);
  if (!charge) throw new Error(`no charge of ${payment}`);
  return charge;
}
