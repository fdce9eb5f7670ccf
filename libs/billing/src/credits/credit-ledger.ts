import type { Tx } from '@app/domain';
import { Injectable } from '@nestjs/common';
import type { SpendingAlert, SpendingLimit } from '../budgets/spending-limit';
import { announceAlerts, announceExhausted } from '../budgets/spending-news';
import { bookOverage, giveBackLent, lendMissing } from './advance';
import { CreditHoldStore, type HoldRequest, type HoldRow, type OpenHold } from './credit-hold.store';
import { CreditLotStore, type ExpiredLot, type NewLot } from './credit-lot.store';
import { payDebt } from './debt';
import { SpendingCapStore, type BudgetPeriodRef } from './spending-cap.store';
import { findTransfer, lockAccount, postTransfer, type PlatformAccount, type TransferType } from './transfer';

/** Credits given to an organization, as a new lot. */
export interface NewGrant extends NewLot {
  /** Business key: `signup:<user>`, `purchase:<id>`, `grant:<subscription>:<period start>` … */
  readonly key: string;
  readonly type: Extract<TransferType, 'purchase' | 'subscription_grant' | 'bonus' | 'adjustment'>;
  readonly userId?: string | null;
  readonly description?: string | null;
}

export type HoldRefusal = 'out_of_credits' | 'budget_exhausted';

/** `repeated`: the same call had taken its hold before. A refusal leaves nothing behind in the caller's transaction. */
export type HoldResult = { readonly granted: true; readonly repeated: boolean } | ({ readonly granted: false } & Refusal);

/** Why a hold is refused; `limit`: the cap or budget that has no room, absent when the credits themselves do not cover it. */
export interface Refusal {
  readonly reason: HoldRefusal;
  readonly limit?: SpendingLimit;
}

/** What a call cost in the end: credits by our price, 0 on the customer's own key, and the provider's price. */
export interface ActualCost {
  readonly micro: bigint;
  readonly nusd: bigint;
}

/** `settled` is false when it was settled before. `overrunMicro`: what neither hold nor balance covered; the platform bears it. */
export interface Settlement {
  readonly settled: boolean;
  readonly chargedMicro: bigint;
  readonly overrunMicro: bigint;
  /** Thresholds of caps and budgets that this charge passed. */
  readonly alerts: readonly SpendingAlert[];
}

/** Undoes the savepoint it is thrown in. */
class Refused extends Error {
  constructor(
    readonly reason: HoldRefusal | 'repeated',
    readonly limit?: SpendingLimit,
  ) {
    super(reason);
  }
}

/**
 * The only writer of money. Each move is one conditional statement with a unique business key; nothing reads a balance and then writes it.
 * Lock order: attempt → task → task counters → budget periods → credit account.
 */
@Injectable()
export class CreditLedger {
  constructor(
    private readonly holds: CreditHoldStore,
    private readonly lots: CreditLotStore,
    private readonly caps: SpendingCapStore,
  ) {}

  /** Makes the organization's empty account, if it has none. */
  async openAccount(tx: Tx, organizationId: string): Promise<void> {
    await tx.query('INSERT INTO credit_accounts (organization_id) VALUES ($1) ON CONFLICT DO NOTHING', [organizationId]);
  }

  /** Gives credits, once per key; what the organization owes is paid first. False: given before. */
  async grant(tx: Tx, grant: NewGrant): Promise<boolean> {
    if (!(await lockAccount(tx, grant.organizationId))) throw new Error(`organization ${grant.organizationId} has no credit account`);
    if (await findTransfer(tx, grant.organizationId, grant.key)) return false;
    const grantId = await this.lots.add(tx, grant);
    const after = await postTransfer(tx, {
      organizationId: grant.organizationId, key: grant.key, type: grant.type, available: grant.amountMicro, granted: grant.amountMicro, platform: { [counterAccount(grant)]: -grant.amountMicro },
      grantId, purchaseId: grant.purchaseId, subscriptionId: grant.subscriptionId, userId: grant.userId, description: grant.description,
    });
    if (!after) throw new Error(`grant ${grant.key} was not posted`);
    await giveBackLent(tx, grant.organizationId);
    await payDebt(tx, this.lots, grant.organizationId);
    return true;
  }

  /**
   * Reserves the worst case of a model call under the task's cap, its parent's, every budget, and the available credits. After the fence,
   * in the transaction that records the request.
   */
  async hold(tx: Tx, request: HoldRequest): Promise<HoldResult> {
    try {
      await tx.transaction((inner) => this.takeHold(inner, request));
      return { granted: true, repeated: false };
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      const { reason, limit } = error;
      return reason === 'repeated' ? { granted: true, repeated: true } : { granted: false, reason, ...(limit && { limit }) };
    }
  }

  /** What would refuse such a hold now; null: it would be granted. Leaves nothing behind. */
  async refusalOf(tx: Tx, request: HoldRequest): Promise<HoldRefusal | null> {
    return (await this.refusedBy(tx, request))?.reason ?? null;
  }

  /** The same, with the cap or budget that refuses. */
  async refusedBy(tx: Tx, request: HoldRequest): Promise<Refusal | null> {
    try {
      await tx.transaction(async (inner) => {
        await this.takeHold(inner, request);
        throw new Refused('repeated');
      });
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      const { reason, limit } = error;
      return reason === 'repeated' ? null : { reason, ...(limit && { limit }) };
    }
    return null;
  }

  /**
   * Charges what a call cost and gives the rest of its hold back, in the transaction of its usage row, after the fence. Usage above the
   * hold is charged by a second conditional move; what that refuses is booked to the platform, never as a negative balance.
   */
  async settle(tx: Tx, call: { attemptId: string; callSeq: number }, actual: ActualCost): Promise<Settlement> {
    const hold = await this.holds.close(tx, call, actual);
    if (!hold) return { settled: false, chargedMicro: 0n, overrunMicro: 0n, alerts: [] };
    const { ids } = await this.caps.cappedTasks(tx, hold.taskId);
    const alerts = await this.caps.settle(tx, ids, hold.budgetPeriods, {
      held: { credits: hold.amountMicro, cost: hold.costNusd },
      used: { credits: hold.capturedMicro, cost: hold.capturedNusd },
    });
    await announceAlerts(tx, hold.organizationId, alerts);
    if (hold.amountMicro > 0n) await this.capture(tx, hold);
    const above = actual.micro - hold.capturedMicro;
    if (above <= 0n) return { settled: true, chargedMicro: hold.capturedMicro, overrunMicro: 0n, alerts };
    const paid = await this.chargeAbove(tx, hold, { ids, budgets: hold.budgetPeriods, above });
    if (!paid) return { settled: true, chargedMicro: hold.capturedMicro, overrunMicro: above, alerts };
    await announceAlerts(tx, hold.organizationId, paid.alerts);
    return { settled: true, chargedMicro: hold.capturedMicro + above, overrunMicro: 0n, alerts: [...alerts, ...paid.alerts] };
  }

  /**
   * Tells the organization, once per cap of a task or period of a budget, that there was no room for a call. Not while calls that run hold some of it: what they
   * give back may be room enough.
   */
  async announceExhausted(tx: Tx, organizationId: string, limit: SpendingLimit): Promise<void> {
    if (limit.held === 0n && (await this.caps.markExhausted(tx, limit))) await announceExhausted(tx, organizationId, limit);
  }

  /** Gives a hold back whole. */
  release(tx: Tx, call: { attemptId: string; callSeq: number }): Promise<Settlement> {
    return this.settle(tx, call, { micro: 0n, nusd: 0n });
  }

  /** Gives back all that an attempt still holds; a `CloseHolds` of the domain. Returns how many holds there were. */
  async releaseOpenHolds(tx: Tx, attemptId: string): Promise<number> {
    const calls = await this.holds.openCalls(tx, attemptId);
    for (const callSeq of calls) await this.releaseLost(tx, { attemptId, callSeq });
    return calls.length;
  }

  /** Open holds that outlived their time or their attempt. */
  leftOverHolds(tx: Tx, limit: number): Promise<OpenHold[]> {
    return this.holds.leftOver(tx, limit);
  }

  /** Gives such a hold back; false: it is in other hands, or was closed meanwhile. */
  async releaseLeftOver(tx: Tx, hold: OpenHold): Promise<boolean> {
    return (await this.holds.claimLeftOver(tx, hold)) && this.releaseLost(tx, hold);
  }

  /** Lots past their time that still have credits. */
  expiredLots(tx: Tx, limit: number): Promise<ExpiredLot[]> {
    return this.lots.expired(tx, limit);
  }

  /** Takes back what is left of a lot past its time, as far as it is not held; returns the microcredits taken. */
  async expireLot(tx: Tx, lot: ExpiredLot): Promise<bigint> {
    const account = await lockAccount(tx, lot.organizationId);
    const remaining = await this.lots.remaining(tx, lot.id);
    const amount = account && account.availableMicro < remaining ? account.availableMicro : remaining;
    if (!account || amount === 0n) return 0n;
    await this.lots.take(tx, lot.id, amount);
    await postTransfer(tx, { organizationId: lot.organizationId, key: `expiry:${lot.id}:${account.lastSeq + 1n}`, type: 'expiry', available: -amount, platform: { expired: amount }, grantId: lot.id });
    return amount;
  }

  private async releaseLost(tx: Tx, call: OpenHold): Promise<boolean> {
    const { settled } = await this.release(tx, call);
    if (settled) await this.holds.noteLost(tx, call);
    return settled;
  }

  private async takeHold(tx: Tx, request: HoldRequest): Promise<void> {
    if (await this.holds.find(tx, request.attemptId, request.callSeq)) throw new Refused('repeated');
    const { task, ids } = await this.caps.cappedTasks(tx, request.taskId);
    const cap = await this.caps.reserveUnderTasks(tx, ids, request.amountMicro);
    if (cap) throw new Refused('budget_exhausted', cap);
    const budgets = await this.caps.budgetsFor(tx, task, request.apiKeyId);
    const budget = await this.caps.reserveUnderBudgets(tx, budgets, { credits: request.amountMicro, cost: request.costNusd });
    if (budget) throw new Refused('budget_exhausted', budget);
    if ((await this.holds.take(tx, request, budgets)) !== null) return;
    const isLent = await lendMissing(tx, request.organizationId, request.amountMicro);
    if (!isLent || (await this.holds.take(tx, request, budgets)) === null) throw new Refused('out_of_credits');
  }

  /** The rest returns to available; what was used leaves the lots. */
  private async capture(tx: Tx, hold: HoldRow): Promise<void> {
    await lockAccount(tx, hold.organizationId);
    const used = hold.capturedMicro;
    const after = await postTransfer(tx, {
      organizationId: hold.organizationId, key: `settle:${hold.attemptId}:${hold.callSeq}`, type: used === 0n ? 'release' : 'usage', held: -hold.amountMicro, available: hold.amountMicro - used, used,
      platform: { revenue: used }, taskId: hold.taskId, attemptId: hold.attemptId, holdId: hold.id,
    });
    if (!after) throw new Error(`hold ${hold.id} was closed but its settlement was not posted`);
    await this.burn(tx, hold, used);
    if (after.debtMicro > 0n) await payDebt(tx, this.lots, hold.organizationId);
  }

  /** Takes what was used out of the lots: of lent ones it is overage, and what they lent too much goes back. */
  private async burn(tx: Tx, { organizationId, taskId, attemptId, id }: HoldRow, used: bigint): Promise<void> {
    const lent = await this.lots.burn(tx, organizationId, used);
    await bookOverage(tx, organizationId, lent, { taskId, attemptId, holdId: id });
    await giveBackLent(tx, organizationId);
  }

  /** The organization paid, and passed thresholds; null: the platform paid. */
  private async chargeAbove(tx: Tx, hold: HoldRow, spending: { ids: readonly string[]; budgets: readonly BudgetPeriodRef[]; above: bigint }): Promise<{ alerts: SpendingAlert[] } | null> {
    const refs = { organizationId: hold.organizationId, taskId: hold.taskId, attemptId: hold.attemptId, holdId: hold.id };
    const call = `${hold.attemptId}:${hold.callSeq}`;
    try {
      return await tx.transaction(async (inner) => {
        const counted = await this.caps.useMore(inner, spending.ids, spending.budgets, spending.above);
        if ('refusedBy' in counted) throw new Refused('budget_exhausted');
        await lendMissing(inner, hold.organizationId, spending.above);
        const after = await postTransfer(inner, { ...refs, key: `topup:${call}`, type: 'usage', available: -spending.above, used: spending.above, platform: { revenue: spending.above }, withoutDebt: true });
        if (!after) throw new Refused('out_of_credits');
        await this.burn(inner, hold, spending.above);
        return counted;
      });
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      await lockAccount(tx, hold.organizationId);
      await postTransfer(tx, { ...refs, key: `overrun:${call}`, type: 'overrun', platform: { overrun: -spending.above, revenue: spending.above } });
      return null;
    }
  }
}

/** Where granted credits come from: paid ones wait in clearing for their charge. */
function counterAccount(grant: NewGrant): PlatformAccount {
  if (grant.type === 'adjustment') return 'adjustments';
  return grant.category === 'paid' ? 'purchases_clearing' : 'grants';
}
