import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { sqlRow, sqlRows } from '../sql';
import { CREDIT_SUMS } from './credit-fold';

/** What moved an organization's credits on one day on which anything did. */
export interface CreditDay {
  readonly date: string;
  readonly spentMicro: bigint;
  readonly grantedMicro: bigint;
  readonly purchasedMicro: bigint;
  readonly expiredMicro: bigint;
  /** By what the balance grew; negative: it shrank. */
  readonly netMicro: bigint;
}

/** The balance over time. */
export interface CreditHistory {
  /** Before the first day asked for. */
  readonly openingMicro: bigint;
  readonly days: CreditDay[];
  /** Now. */
  readonly availableMicro: bigint;
  readonly heldMicro: bigint;
  readonly debtMicro: bigint;
}

type Balance = Pick<CreditHistory, 'availableMicro' | 'heldMicro' | 'debtMicro'>;

/** How an organization's credits came and went, from daily sums and the transactions that are not in them yet: exact at any moment. */
@Injectable()
export class CreditAnalyticsStore {
  /** Everything since `from`, and what was there before. */
  async history(manager: EntityManager, organizationId: string, from: string): Promise<CreditHistory> {
    const found = await sqlRows<CreditDay & Balance>(manager, HISTORY, [organizationId, from], [
      'spentMicro', 'grantedMicro', 'purchasedMicro', 'expiredMicro', 'netMicro', 'availableMicro', 'heldMicro', 'debtMicro',
    ]);
    const [opening] = found;
    if (!opening) return { openingMicro: 0n, days: [], availableMicro: 0n, heldMicro: 0n, debtMicro: 0n };
    const { availableMicro, heldMicro, debtMicro } = opening;
    const days = found.slice(1).map(({ date, spentMicro, grantedMicro, purchasedMicro, expiredMicro, netMicro }) => ({ date, spentMicro, grantedMicro, purchasedMicro, expiredMicro, netMicro }));
    return { openingMicro: opening.netMicro, days, availableMicro, heldMicro, debtMicro };
  }

  /** What expires next; null: nothing does. */
  nextExpiry(manager: EntityManager, organizationId: string): Promise<{ at: Date; micro: bigint } | null> {
    return sqlRow(
      manager,
      `SELECT expires_at AS at, sum(remaining_micro)::bigint AS micro FROM credit_grants WHERE organization_id = $1 AND remaining_micro > 0 AND voided_at IS NULL AND expires_at > now()
        GROUP BY expires_at ORDER BY expires_at LIMIT 1`,
      [organizationId],
      ['micro'],
    );
  }
}

const SUMS = ['spent_micro', 'granted_micro', 'purchased_micro', 'expired_micro', 'net_micro'];
/** `$1` organization, `$2` first day; the first row is what was before it. */
const HISTORY = `
WITH account AS (SELECT a.*, coalesce((SELECT m.seq FROM credit_stat_marks m WHERE m.organization_id = a.organization_id), 0) AS folded FROM credit_accounts a WHERE a.organization_id = $1),
parts AS (
  SELECT date, ${SUMS.join(', ')} FROM credit_stats WHERE organization_id = $1
   UNION ALL
  SELECT (x.created_at AT TIME ZONE 'UTC')::date, ${CREDIT_SUMS} FROM account a JOIN credit_transactions x ON x.organization_id = a.organization_id AND x.seq > a.folded AND x.amount_micro <> 0 GROUP BY 1),
days AS (
  SELECT CASE WHEN date >= $2::date THEN date END AS date, ${SUMS.map((column) => `sum(${column}) AS ${column}`).join(', ')} FROM parts GROUP BY 1
   UNION ALL SELECT NULL, 0, 0, 0, 0, 0)
SELECT d.date::text, ${SUMS.map((column) => `sum(d.${column})::bigint AS ${column}`).join(', ')}, a.available_micro, a.held_micro, a.debt_micro
  FROM account a, days d GROUP BY d.date, a.available_micro, a.held_micro, a.debt_micro ORDER BY d.date NULLS FIRST`;
