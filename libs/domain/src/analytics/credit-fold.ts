import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { sqlRow, sqlRows } from '../sql';
import type { Tx } from '../unit-of-work';
import { takeFoldLock } from './usage-fold';

/**
 * Adds credit transactions to the daily sums, each exactly once: they are numbered without gaps under the lock of their account, so whoever has seen number n has seen all
 * before it. Sums, and what has a number above the mark, read in one statement, are all there is.
 */
@Injectable()
export class CreditFold {
  /** Organizations whose sums are behind. */
  async behind(manager: EntityManager, limit: number): Promise<string[]> {
    const rows = await sqlRows<{ id: string }>(
      manager,
      `SELECT a.organization_id AS id FROM credit_accounts a LEFT JOIN credit_stat_marks m ON m.organization_id = a.organization_id WHERE a.last_seq > coalesce(m.seq, 0) LIMIT $1`,
      [limit],
    );
    return rows.map(({ id }) => id);
  }

  /** Adds the next transactions of an organization, at most `limit`; returns how far it moved, 0 when there was nothing, null when another process folds. */
  async fold(tx: Tx, organizationId: string, limit: number): Promise<number | null> {
    if (!(await takeFoldLock(tx))) return null;
    return (await sqlRow<{ moved: number }>(tx, FOLD, [organizationId, limit]))?.moved ?? 0;
  }
}

/** SQL: what transactions `x` came to. */
export const CREDIT_SUMS = `
  coalesce(-sum(x.amount_micro) FILTER (WHERE x.type = 'usage'), 0)::bigint AS spent_micro, coalesce(sum(x.amount_micro) FILTER (WHERE x.type IN ('subscription_grant', 'bonus')), 0)::bigint AS granted_micro,
  coalesce(sum(x.amount_micro) FILTER (WHERE x.type = 'purchase'), 0)::bigint AS purchased_micro, coalesce(-sum(x.amount_micro) FILTER (WHERE x.type = 'expiry'), 0)::bigint AS expired_micro,
  sum(x.amount_micro)::bigint AS net_micro`;

const FOLD = `
WITH span AS (
  SELECT a.organization_id, coalesce(m.seq, 0) AS after, least(a.last_seq, coalesce(m.seq, 0) + $2::bigint) AS upto
    FROM credit_accounts a LEFT JOIN credit_stat_marks m ON m.organization_id = a.organization_id WHERE a.organization_id = $1 AND a.last_seq > coalesce(m.seq, 0)),
days AS (
  SELECT (x.created_at AT TIME ZONE 'UTC')::date AS date, ${CREDIT_SUMS}
    FROM span JOIN credit_transactions x ON x.organization_id = span.organization_id AND x.seq > span.after AND x.seq <= span.upto AND x.amount_micro <> 0 GROUP BY 1),
sums AS (
  INSERT INTO credit_stats AS s (organization_id, date, spent_micro, granted_micro, purchased_micro, expired_micro, net_micro)
  SELECT $1, date, spent_micro, granted_micro, purchased_micro, expired_micro, net_micro FROM days ORDER BY date
  ON CONFLICT (organization_id, date) DO UPDATE SET spent_micro = s.spent_micro + EXCLUDED.spent_micro, granted_micro = s.granted_micro + EXCLUDED.granted_micro,
    purchased_micro = s.purchased_micro + EXCLUDED.purchased_micro, expired_micro = s.expired_micro + EXCLUDED.expired_micro, net_micro = s.net_micro + EXCLUDED.net_micro),
mark AS (
  INSERT INTO credit_stat_marks AS m (organization_id, seq) SELECT organization_id, upto FROM span ON CONFLICT (organization_id) DO UPDATE SET seq = EXCLUDED.seq)
SELECT (upto - after)::integer AS moved FROM span`;
