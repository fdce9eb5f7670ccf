import type { Tx } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { CreditLotStore } from './credit-lot.store';
import { payDebt } from './debt';
import { PaymentLotStore, type Payment, type PaymentLot } from './payment-lot.store';
import { findTransfer, lockAccount, postTransfer, type Transfer } from './transfer';

/** A payment whose credits are taken back, by the amount of this one refund or dispute: never a sum of several. */
export interface Reversal {
  readonly organizationId: string;
  readonly payment: Payment;
  /** Credits that the refunded or disputed money bought: `shareOfCredits`. More than is left of the lot's amount is cut to that. */
  readonly amountMicro: bigint;
  readonly description?: string | null;
}

/** `takenMicro` left the balance, `owedMicro` was spent before and is debt now. Not applied: done before, no credits yet, or none left to take. */
export interface TakenBack {
  readonly applied: boolean;
  readonly takenMicro: bigint;
  readonly owedMicro: bigint;
}

const NOTHING: TakenBack = { applied: false, takenMicro: 0n, owedMicro: 0n };

/**
 * Takes back credits whose payment went back: the payment's own lot first, then the others, and what is spent becomes debt, which the next
 * credits pay first. Each move once by its business key, in the caller's transaction; lock the purchase or invoice before.
 */
@Injectable()
export class ReversedCredits {
  constructor(
    private readonly lots: CreditLotStore,
    private readonly payments: PaymentLotStore,
  ) {}

  /** `refund:<re_…>`. */
  refund(tx: Tx, refund: Reversal & { readonly refundId: string }): Promise<TakenBack> {
    return this.reverse(tx, refund, `refund:${refund.refundId}`);
  }

  /** A refund that failed at the bank: its credits come back as a lot like the one they were of. `refund-failed:<re_…>`; false: done before, or nothing was taken. */
  refundFailed(tx: Tx, refund: Omit<Reversal, 'amountMicro'> & { readonly refundId: string }): Promise<boolean> {
    return this.giveBack(tx, refund, { taken: `refund:${refund.refundId}`, key: `refund-failed:${refund.refundId}` });
  }

  /**
   * A dispute was opened: what is left of the payment's lot, up to the disputed amount, cannot be spent until it is decided. `freeze:<dp_…>`.
   * Not applied after the dispute was won or lost.
   */
  async freezeDispute(tx: Tx, dispute: Reversal & { readonly disputeId: string }): Promise<TakenBack> {
    const { organizationId, disputeId } = dispute;
    const account = await lockAccount(tx, organizationId);
    const lot = account && (await this.payments.find(tx, organizationId, dispute.payment));
    if (!account || !lot || (await this.isKnown(tx, organizationId, disputeId))) return NOTHING;
    const amount = least(dispute.amountMicro, lot.remainingMicro, account.availableMicro, lot.amountMicro - lot.revokedMicro);
    if (amount <= 0n) return NOTHING;
    await this.lots.take(tx, lot.id, amount);
    await this.post(tx, { ...refsOf(lot), key: `freeze:${disputeId}`, type: 'reversal', available: -amount, platform: { refunds: amount }, description: dispute.description ?? 'Frozen while the payment is disputed' });
    await this.payments.noteRevoked(tx, lot);
    return { applied: true, takenMicro: amount, owedMicro: 0n };
  }

  /** A dispute was lost, frozen before or not: `dispute:<dp_…>`, also after it had been won. */
  async loseDispute(tx: Tx, dispute: Reversal & { readonly disputeId: string }): Promise<TakenBack> {
    const { organizationId, disputeId } = dispute;
    if (!(await lockAccount(tx, organizationId)) || (await findTransfer(tx, organizationId, `dispute:${disputeId}`))) return NOTHING;
    await this.unfreeze(tx, dispute, `unfreeze:${disputeId}`);
    return this.reverse(tx, dispute, `dispute:${disputeId}`);
  }

  /** A dispute was won: what was frozen, or taken when it had been lost, comes back. `dispute-won:<dp_…>`; false: there was nothing to give back, or it was done before. */
  async winDispute(tx: Tx, dispute: Reversal & { readonly disputeId: string }): Promise<boolean> {
    const { organizationId, disputeId } = dispute;
    const key = `dispute-won:${disputeId}`;
    if (!(await lockAccount(tx, organizationId))) return false;
    if (await this.giveBack(tx, dispute, { taken: `dispute:${disputeId}`, key })) return true;
    // Won before anybody saw it opened: frozen and released at once, so that the opening, when it comes late, finds its key used.
    await this.freezeDispute(tx, dispute);
    return this.unfreeze(tx, dispute, key);
  }

  /** Credits that an operator takes back: the balance first, the rest becomes debt. `key`: `adjustment:<id>`. */
  async takeAdjustment(tx: Tx, taken: { readonly organizationId: string; readonly key: string; readonly amountMicro: bigint; readonly userId?: string | null; readonly description: string }): Promise<TakenBack> {
    const { amountMicro, ...refs } = taken;
    return this.takeBack(tx, { ...refs, type: 'adjustment' }, { amount: amountMicro, from: 'adjustments', lot: null });
  }

  private async reverse(tx: Tx, reversal: Reversal, key: string): Promise<TakenBack> {
    if (!(await lockAccount(tx, reversal.organizationId))) return NOTHING;
    const lot = await this.payments.find(tx, reversal.organizationId, reversal.payment);
    if (!lot) return NOTHING;
    const amount = least(reversal.amountMicro, lot.amountMicro - lot.revokedMicro);
    const taken = await this.takeBack(tx, { ...refsOf(lot), key, type: 'reversal', description: reversal.description }, { amount, from: 'refunds', lot });
    if (taken.applied) await this.payments.noteRevoked(tx, lot);
    return taken;
  }

  private async takeBack(tx: Tx, move: Transfer, part: { amount: bigint; from: 'refunds' | 'adjustments'; lot: PaymentLot | null }): Promise<TakenBack> {
    const { amount, lot } = part;
    const account = await lockAccount(tx, move.organizationId);
    if (!account || amount <= 0n || (await findTransfer(tx, move.organizationId, move.key))) return NOTHING;
    const taken = least(amount, account.availableMicro);
    const ofLot = lot ? least(taken, lot.remainingMicro) : 0n;
    if (lot && ofLot > 0n) await this.lots.take(tx, lot.id, ofLot);
    await this.lots.burn(tx, move.organizationId, taken - ofLot);
    await this.post(tx, { ...move, available: -taken, debt: amount - taken, platform: { [part.from]: amount } });
    return { applied: true, takenMicro: taken, owedMicro: amount - taken };
  }

  /** What was frozen returns to the lot that it came from. */
  private async unfreeze(tx: Tx, dispute: Reversal & { readonly disputeId: string }, key: string): Promise<boolean> {
    const { organizationId, disputeId } = dispute;
    const lot = await this.payments.find(tx, organizationId, dispute.payment);
    const frozen = await findTransfer(tx, organizationId, `freeze:${disputeId}`);
    if (!lot || !frozen) return false;
    for (const released of [`unfreeze:${disputeId}`, `dispute-won:${disputeId}`]) if (await findTransfer(tx, organizationId, released)) return false;
    const amount = -frozen.amountMicro;
    await this.lots.take(tx, lot.id, -amount);
    await this.post(tx, { ...refsOf(lot), key, type: 'refund', available: amount, platform: { refunds: -amount }, description: 'No longer frozen' });
    await this.payments.noteRevoked(tx, lot);
    await payDebt(tx, this.lots, organizationId);
    return true;
  }

  /** What one move took comes back, as a lot of its own with the terms of the one that was paid for. */
  private async giveBack(tx: Tx, of: Omit<Reversal, 'amountMicro'>, keys: { taken: string; key: string }): Promise<boolean> {
    const { organizationId } = of;
    if (!(await lockAccount(tx, organizationId))) return false;
    const lot = await this.payments.find(tx, organizationId, of.payment);
    const taken = await findTransfer(tx, organizationId, keys.taken);
    if (!lot || !taken || (await findTransfer(tx, organizationId, keys.key))) return false;
    const amount = -taken.amountMicro;
    const { priority, expiresAt, purchaseId, category } = lot;
    await this.lots.add(tx, { organizationId, source: 'refund', category, amountMicro: amount, priority, expiresAt, purchaseId });
    await this.post(tx, { ...refsOf(lot), key: keys.key, type: 'refund', available: amount, platform: { refunds: -amount }, description: of.description });
    await this.payments.noteRevoked(tx, lot);
    await payDebt(tx, this.lots, organizationId);
    return true;
  }

  private async isKnown(tx: Tx, organizationId: string, disputeId: string): Promise<boolean> {
    for (const move of ['freeze', 'dispute', 'dispute-won']) if (await findTransfer(tx, organizationId, `${move}:${disputeId}`)) return true;
    return false;
  }

  private async post(tx: Tx, transfer: Transfer): Promise<void> {
    if (!(await postTransfer(tx, transfer))) throw new Error(`${transfer.key} was not posted`);
  }
}

/** Credits that a part of a payment bought, rounded down; the whole payment bought all of them. */
export function shareOfCredits(creditsMicro: bigint, part: { readonly amountMinor: bigint; readonly ofMinor: bigint }): bigint {
  return part.ofMinor <= 0n || part.amountMinor >= part.ofMinor ? creditsMicro : (creditsMicro * part.amountMinor) / part.ofMinor;
}

function refsOf(lot: PaymentLot): Pick<Transfer, 'organizationId' | 'grantId' | 'purchaseId' | 'subscriptionId'> {
  return { organizationId: lot.organizationId, grantId: lot.id, purchaseId: lot.purchaseId, subscriptionId: lot.subscriptionId };
}

function least(...amounts: [bigint, ...bigint[]]): bigint {
  return amounts.reduce((a, b) => (b < a ? b : a));
}
