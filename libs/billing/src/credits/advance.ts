import { creditsFromMicros, newId } from '@app/common';
import { emitOrganizationNews, sqlRow, sqlRows, SubscriptionUsageStore, type Tx } from '@app/domain';
import { type BalanceAfter, lockAccount, postTransfer, type Transfer } from './transfer';

/** Spent after everything else. */
const PRIORITY = 32_767;
const USAGE = new SubscriptionUsageStore();

/** How far an organization may go beyond its credits, in the period that runs. */
export interface OverageTerms {
  readonly subscriptionId: string;
  readonly periodStart: Date;
  readonly limitMicro: bigint;
  /** Lent in the period and not given back: used, or reserved by calls that run. */
  readonly lentMicro: bigint;
}

/** A lot of lent credits. */
export interface LentLot {
  readonly id: string;
  readonly subscriptionId: string;
  readonly amountMicro: bigint;
}

/** Null: the plan sells none, nobody switched it on, or the subscription is not paid. */
export function overageTerms(manager: Tx, organizationId: string): Promise<OverageTerms | null> {
  return sqlRow<OverageTerms>(
    manager,
    `SELECT s.id AS subscription_id, s.current_period_start AS period_start, s.overage_limit_micro AS limit_micro, coalesce(g.amount_micro, 0)::bigint AS lent_micro
       FROM subscriptions s LEFT JOIN credit_grants g ON g.subscription_id = s.id AND g.period_start = s.current_period_start AND g.source = 'overage'
      WHERE s.organization_id = $1 AND s.status = 'active' AND s.overage_limit_micro IS NOT NULL AND s.stripe_overage_item_id IS NOT NULL`,
    [organizationId],
    ['limitMicro', 'lentMicro'],
  );
}

/**
 * Lends what is missing to have so much available, as far as the customer's own limit goes; one lot a period, that grows and shrinks. True: so much is
 * available now. The account's lock is held from here on.
 */
export async function lendMissing(tx: Tx, organizationId: string, wantedMicro: bigint): Promise<boolean> {
  const account = await lockAccount(tx, organizationId);
  if (!account || account.debtMicro > 0n) return false;
  const missing = wantedMicro - account.availableMicro;
  if (missing <= 0n) return true;
  const terms = await overageTerms(tx, organizationId);
  const lot = terms && (await sqlRow<{ id: string; isFirst: boolean }>(tx, LEND, [newId(), organizationId, terms.subscriptionId, terms.periodStart, missing, PRIORITY, terms.limitMicro]));
  if (!terms || !lot) return false;
  await move(tx, organizationId, account, { type: 'advance', available: missing, platform: { advances: -missing }, grantId: lot.id, subscriptionId: terms.subscriptionId });
  if (lot.isFirst) await tellThatCreditsAreUsedUp(tx, organizationId, account);
  return true;
}

/** What was lent and used is owed: booked, and counted on its day. */
export async function bookOverage(tx: Tx, organizationId: string, used: readonly LentLot[], of: Pick<Transfer, 'taskId' | 'attemptId' | 'holdId'>): Promise<void> {
  for (const { id, subscriptionId, amountMicro } of used) {
    const account = await lockAccount(tx, organizationId);
    if (!account) return;
    await move(tx, organizationId, account, { ...of, type: 'overage', platform: { advances: amountMicro, overage: -amountMicro }, grantId: id, subscriptionId });
    await USAGE.addOverage(tx, subscriptionId, amountMicro);
  }
}

/** Gives back what was lent and is not needed: whatever is available while lent credits are left. Before debts are paid, which nobody lends for. */
export async function giveBackLent(tx: Tx, organizationId: string): Promise<void> {
  const lent = await sqlRows<LentLot>(
    tx,
    `SELECT id, subscription_id, remaining_micro AS amount_micro FROM credit_grants WHERE organization_id = $1 AND source = 'overage' AND remaining_micro > 0 ORDER BY period_start`,
    [organizationId],
    ['amountMicro'],
  );
  for (const lot of lent) {
    const account = await lockAccount(tx, organizationId);
    const amount = account && account.availableMicro < lot.amountMicro ? account.availableMicro : lot.amountMicro;
    if (!account || amount === 0n) return;
    await tx.query('UPDATE credit_grants SET amount_micro = amount_micro - $2, remaining_micro = remaining_micro - $2 WHERE id = $1', [lot.id, amount]);
    await move(tx, organizationId, account, { type: 'advance', available: -amount, platform: { advances: amount }, grantId: lot.id, subscriptionId: lot.subscriptionId });
  }
}

/** What a paid invoice charged for overage is owed no more; once per invoice. False: done before. */
export async function settleOverage(tx: Tx, paid: { organizationId: string; subscriptionId: string; invoiceId: string; amountMicro: bigint }): Promise<boolean> {
  const { organizationId, subscriptionId, invoiceId, amountMicro } = paid;
  if (amountMicro <= 0n || !(await lockAccount(tx, organizationId))) return false;
  return (await postTransfer(tx, { organizationId, key: `overage:${invoiceId}`, type: 'clearing', platform: { overage: amountMicro, purchases: -amountMicro }, subscriptionId, description: 'Overage was paid for' })) !== null;
}

/** A move without a business key of its own: it belongs to the one that it follows, in the same transaction and under the account's lock. */
async function move(tx: Tx, organizationId: string, before: BalanceAfter, transfer: Omit<Transfer, 'organizationId' | 'key'>): Promise<void> {
  const after = await postTransfer(tx, { ...transfer, organizationId, key: `${transfer.type}:${before.lastSeq + 1n}`, quiet: true });
  if (!after) throw new Error(`${transfer.type} of ${organizationId} was not posted`);
}

async function tellThatCreditsAreUsedUp(tx: Tx, organizationId: string, { availableMicro, heldMicro, debtMicro }: BalanceAfter): Promise<void> {
  const balance = availableMicro + heldMicro;
  await emitOrganizationNews(tx, organizationId, 'credits.low', {
    balance: creditsFromMicros(balance), balanceMicros: Number(balance), available: creditsFromMicros(availableMicro), held: creditsFromMicros(heldMicro), debt: creditsFromMicros(debtMicro), threshold: 0,
  });
}

const LEND = `
INSERT INTO credit_grants AS g (id, organization_id, source, category, subscription_id, period_start, amount_micro, remaining_micro, priority)
SELECT $1, $2, 'overage', 'paid', $3, $4, $5::bigint, $5::bigint, $6 WHERE $5::bigint <= $7::bigint
ON CONFLICT (subscription_id, period_start) WHERE source = 'overage'
DO UPDATE SET amount_micro = g.amount_micro + EXCLUDED.amount_micro, remaining_micro = g.remaining_micro + EXCLUDED.remaining_micro WHERE g.amount_micro + EXCLUDED.amount_micro <= $7::bigint
RETURNING id, (xmax = 0) AS is_first`;
