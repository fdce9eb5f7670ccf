import { creditsFromMicros, newId } from '@app/common';
import { emitOrganizationNews, sqlRow, type Tx } from '@app/domain';

export type TransferType =
  | 'hold' | 'release' | 'usage' | 'purchase' | 'subscription_grant' | 'bonus' | 'refund' | 'expiry' | 'reversal' | 'adjustment' | 'debt_payment' | 'overrun' | 'clearing' | 'advance' | 'overage';

/** Accounts of the platform: insert-only, without a cached balance. */
export type PlatformAccount = 'revenue' | 'grants' | 'purchases' | 'purchases_clearing' | 'refunds' | 'expired' | 'overrun' | 'adjustments' | 'advances' | 'overage';

/** One balanced move of credits. The changes of the organization's accounts and of the platform's sum to zero, debt counted negative. */
export interface Transfer {
  readonly organizationId: string;
  /** Business key: the same move never happens twice. */
  readonly key: string;
  readonly type: TransferType;
  readonly available?: bigint;
  readonly held?: bigint;
  readonly debt?: bigint;
  readonly platform?: Partial<Record<PlatformAccount, bigint>>;
  readonly granted?: bigint;
  readonly used?: bigint;
  /** Refuse while there is debt. */
  readonly withoutDebt?: boolean;
  /** Says nothing of a low balance: what it moves was never the organization's own. */
  readonly quiet?: boolean;
  readonly taskId?: string | null;
  readonly attemptId?: string | null;
  readonly holdId?: string | null;
  readonly grantId?: string | null;
  readonly purchaseId?: string | null;
  readonly subscriptionId?: string | null;
  readonly userId?: string | null;
  readonly description?: string | null;
}

/** The organization's balances after a transfer. */
export interface BalanceAfter {
  readonly availableMicro: bigint;
  readonly heldMicro: bigint;
  readonly debtMicro: bigint;
  readonly lastSeq: bigint;
}

const BALANCE_BIGINTS = ['availableMicro', 'heldMicro', 'debtMicro', 'lastSeq'] as const;

/** Locks the organization's account; what follows is a new statement and sees all that was committed before. Null: there is no account. */
export function lockAccount(tx: Tx, organizationId: string): Promise<BalanceAfter | null> {
  return sqlRow<BalanceAfter>(tx, 'SELECT available_micro, held_micro, debt_micro, last_seq FROM credit_accounts WHERE organization_id = $1 FOR UPDATE', [organizationId], BALANCE_BIGINTS);
}

/** The transfer of a business key; null: it did not happen. */
export function findTransfer(tx: Tx, organizationId: string, key: string): Promise<{ readonly amountMicro: bigint } | null> {
  return sqlRow(tx, 'SELECT amount_micro FROM credit_transactions WHERE organization_id = $1 AND idempotency_key = $2', [organizationId, key], ['amountMicro']);
}

/**
 * Posts a transfer: account, transaction and entries in one statement. Null when its key was used before, when the available credits do not
 * cover it, or (with `withoutDebt`) while there is debt. The caller holds the account's lock, else a double could look new.
 */
export async function postTransfer(tx: Tx, transfer: Transfer): Promise<BalanceAfter | null> {
  const { available = 0n, held = 0n, debt = 0n, granted = 0n, used = 0n, withoutDebt = false } = transfer;
  const sides = Object.entries({ available, held, debt: -debt, ...transfer.platform }).filter(([, amount]) => amount !== 0n);
  const after = await sqlRow<BalanceAfter & { readonly lowBalanceMicro: bigint | null }>(
    tx,
    POST,
    [
      transfer.organizationId, available, held, debt, granted, used, withoutDebt, newId(), transfer.type, transfer.key, transfer.userId, transfer.taskId, transfer.attemptId,
      transfer.holdId, transfer.grantId, transfer.purchaseId, transfer.subscriptionId, transfer.description, sides.map(([account]) => account), sides.map(([, amount]) => amount),
    ],
    [...BALANCE_BIGINTS, 'lowBalanceMicro'],
  );
  if (after && transfer.quiet !== true) await tellIfLow(tx, transfer.organizationId, after, available + held);
  return after;
}

/** Tells the organization when this move took it to its own threshold, or without one to nothing: once, until it has more again. */
async function tellIfLow(tx: Tx, organizationId: string, after: BalanceAfter & { readonly lowBalanceMicro: bigint | null }, change: bigint): Promise<void> {
  const threshold = after.lowBalanceMicro ?? 0n;
  const now = after.availableMicro + after.heldMicro;
  if (now > threshold || now - change <= threshold) return;
  await emitOrganizationNews(tx, organizationId, 'credits.low', {
    balance: creditsFromMicros(now), balanceMicros: Number(now), available: creditsFromMicros(after.availableMicro), held: creditsFromMicros(after.heldMicro), debt: creditsFromMicros(after.debtMicro),
    threshold: creditsFromMicros(threshold),
  });
}

const POST = `
WITH a AS (
  UPDATE credit_accounts SET available_micro = available_micro + $2::bigint, held_micro = held_micro + $3::bigint, debt_micro = debt_micro + $4::bigint,
         lifetime_granted_micro = lifetime_granted_micro + $5::bigint, lifetime_used_micro = lifetime_used_micro + $6::bigint, last_seq = last_seq + 1, updated_at = now()
   WHERE organization_id = $1 AND available_micro + $2::bigint >= 0 AND (NOT $7::boolean OR debt_micro = 0)
     AND NOT EXISTS (SELECT 1 FROM credit_transactions x WHERE x.organization_id = $1 AND x.idempotency_key = $10)
  RETURNING last_seq, available_micro, held_micro, debt_micro, low_balance_micro),
t AS (
  INSERT INTO credit_transactions (id, organization_id, seq, type, idempotency_key, amount_micro, available_after_micro, held_after_micro, debt_after_micro, user_id, task_id,
                                   attempt_id, hold_id, grant_id, purchase_id, subscription_id, description)
  SELECT $8, $1, last_seq, $9, $10, $2::bigint + $3::bigint - $4::bigint, available_micro, held_micro, debt_micro, $11::uuid, $12::uuid, $13::uuid, $14::uuid, $15::uuid, $16::uuid, $17::uuid, $18 FROM a
  RETURNING id),
e AS (INSERT INTO credit_entries (transaction_id, account, organization_id, amount_micro)
      SELECT t.id, v.account, $1, v.amount FROM t, unnest($19::text[], $20::bigint[]) AS v(account, amount))
SELECT available_micro, held_micro, debt_micro, last_seq, low_balance_micro FROM a`;
