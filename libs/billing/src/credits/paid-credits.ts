import type { Tx } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { CreditLedger } from './credit-ledger';
import { PaymentLotStore, type Payment } from './payment-lot.store';
import { findTransfer, lockAccount, postTransfer } from './transfer';

/** Credits of a package that was paid for. */
export interface PurchasedCredits {
  readonly organizationId: string;
  readonly purchaseId: string;
  readonly userId?: string | null;
  readonly amountMicro: bigint;
  /** null: they never expire. */
  readonly expiresAt?: Date | null;
  readonly description?: string | null;
}

/** Credits that a plan brings with one period, or with a change in the middle of one. */
export interface PlanCredits {
  readonly organizationId: string;
  readonly subscriptionId: string;
  /** Our row of the invoice that pays for them; null for a period without one (trials). */
  readonly invoiceId: string | null;
  readonly periodStart: Date;
  /** The period's end, unless the plan's credits roll over. */
  readonly expiresAt: Date | null;
  readonly amountMicro: bigint;
  /** False: nothing was charged (trial, full discount), so no charge will ever clear them. */
  readonly paid: boolean;
  readonly description?: string | null;
}

/** What a plan brings is spent before what was bought, and after what was given away. */
const PLAN_PRIORITY = 30;

/**
 * Credits that money brings, each once by its business key, in the caller's transaction. Paid ones wait in clearing until the charge is seen
 * (`clear`). Lock what is yours (purchase, invoice, subscription) before: the account's row is the last lock.
 */
@Injectable()
export class PaidCredits {
  constructor(
    private readonly ledger: CreditLedger,
    private readonly payments: PaymentLotStore,
  ) {}

  /** `purchase:<id>`. False: given before. */
  purchase(tx: Tx, bought: PurchasedCredits): Promise<boolean> {
    const { purchaseId } = bought;
    return this.ledger.grant(tx, { ...bought, key: `purchase:${purchaseId}`, type: 'purchase', source: 'purchase', category: 'paid' });
  }

  /** A plan's period, `grant:<subscription>:<period start>`. False: given before, or the plan brings none. */
  async planPeriod(tx: Tx, credits: PlanCredits): Promise<boolean> {
    return this.ofPlan(tx, credits, { key: `grant:${credits.subscriptionId}:${credits.periodStart.toISOString()}`, kind: 'period' });
  }

  /** A trial's credits, `trial:<subscription>:<period start>`; nobody paid for them. */
  async trial(tx: Tx, credits: PlanCredits): Promise<boolean> {
    return this.ofPlan(tx, { ...credits, paid: false }, { key: `trial:${credits.subscriptionId}:${credits.periodStart.toISOString()}`, kind: 'trial' });
  }

  /** The prorated difference of a change to a bigger plan, once per invoice: `upgrade:<invoice>`. */
  async upgrade(tx: Tx, credits: PlanCredits & { readonly invoiceId: string }): Promise<boolean> {
    return this.ofPlan(tx, credits, { key: `upgrade:${credits.invoiceId}`, kind: 'upgrade' });
  }

  /**
   * A charge pays for the lot of a purchase or invoice: `clearing:<charge>`. Once per lot, whatever number of charges there are. False: cleared
   * before, not paid with money, or its lot is not there yet: grant first, then clear, when both are known.
   */
  async clear(tx: Tx, charge: { readonly organizationId: string; readonly chargeId: string; readonly payment: Payment }): Promise<boolean> {
    const { organizationId, payment } = charge;
    const key = `clearing:${charge.chargeId}`;
    if (!(await lockAccount(tx, organizationId))) return false;
    const lot = await this.payments.find(tx, organizationId, payment);
    if (!lot || lot.cleared || lot.category !== 'paid' || (await findTransfer(tx, organizationId, key))) return false;
    const amount = lot.amountMicro;
    const refs = { grantId: lot.id, purchaseId: lot.purchaseId, subscriptionId: lot.subscriptionId };
    return (await postTransfer(tx, { organizationId, key, type: 'clearing', platform: { purchases: -amount, purchases_clearing: amount }, ...refs })) !== null;
  }

  private async ofPlan(tx: Tx, credits: PlanCredits, move: { key: string; kind: 'period' | 'trial' | 'upgrade' }): Promise<boolean> {
    if (credits.amountMicro <= 0n) return false;
    const { paid, ...lot } = credits;
    return this.ledger.grant(tx, { ...lot, ...move, type: 'subscription_grant', source: 'subscription', category: paid ? 'paid' : 'promotional', priority: PLAN_PRIORITY });
  }
}
