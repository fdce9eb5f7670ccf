import { sqlRow, sqlRows, type Tx } from '@app/domain';
import { newId } from '@app/common';
import { Injectable } from '@nestjs/common';
import type { LentLot } from './advance';

export interface NewLot {
  readonly organizationId: string;
  readonly source: 'signup' | 'subscription' | 'purchase' | 'bonus' | 'adjustment' | 'refund';
  readonly category: 'paid' | 'promotional';
  readonly kind?: 'once' | 'period' | 'trial' | 'upgrade';
  readonly amountMicro: bigint;
  /** Lower is spent first; 50 when absent. */
  readonly priority?: number;
  readonly expiresAt?: Date | null;
  readonly subscriptionId?: string | null;
  readonly invoiceId?: string | null;
  readonly purchaseId?: string | null;
  readonly periodStart?: Date | null;
}

/** A lot whose time has passed. */
export interface ExpiredLot {
  readonly id: string;
  readonly organizationId: string;
}

/** Lots of credits: where they came from, and which are spent first. Their sum is what is available and held. Not exported: only the ledger writes money. */
@Injectable()
export class CreditLotStore {
  async add(tx: Tx, lot: NewLot): Promise<string> {
    const id = newId();
    await tx.query(
      `INSERT INTO credit_grants (id, organization_id, source, category, kind, subscription_id, invoice_id, purchase_id, period_start, amount_micro, remaining_micro, priority, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $11, $12)`,
      [
        id, lot.organizationId, lot.source, lot.category, lot.kind ?? 'once', lot.subscriptionId ?? null, lot.invoiceId ?? null, lot.purchaseId ?? null, lot.periodStart ?? null,
        lot.amountMicro, lot.priority ?? 50, lot.expiresAt ?? null,
      ],
    );
    return id;
  }

  /**
   * Takes credits out of the lots: by priority, then what expires first, then the oldest. A lot past its time stays spendable until the
   * sweep takes it, or the lots would not sum to the balance. The caller holds the account's lock, and this is a statement after it. Returns what
   * was taken of lent credits.
   */
  async burn(tx: Tx, organizationId: string, amountMicro: bigint): Promise<LentLot[]> {
    if (amountMicro === 0n) return [];
    const taken = await sqlRows<LentLot & { source: string }>(
      tx,
      `UPDATE credit_grants g SET remaining_micro = g.remaining_micro - b.take
         FROM (SELECT id, least(remaining_micro, $2::bigint - before) AS take
                 FROM (SELECT id, remaining_micro, coalesce(sum(remaining_micro) OVER (ORDER BY priority, expires_at NULLS LAST, effective_at, id
                              ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)::bigint AS before
                         FROM credit_grants WHERE organization_id = $1 AND remaining_micro > 0 AND voided_at IS NULL) s
                WHERE before < $2::bigint) b
        WHERE g.id = b.id RETURNING g.id, g.source, g.subscription_id, b.take AS amount_micro`,
      [organizationId, amountMicro],
      ['amountMicro'],
    );
    const sum = taken.reduce((total, row) => total + row.amountMicro, 0n);
    if (sum !== amountMicro) throw new Error(`the lots of ${organizationId} cover ${sum} of ${amountMicro} microcredits`);
    return taken.filter(({ source }) => source === 'overage');
  }

  /** Lots past their time that still have credits, as far as those are not all held. */
  expired(tx: Tx, limit: number): Promise<ExpiredLot[]> {
    return sqlRows<ExpiredLot>(
      tx,
      `SELECT g.id, g.organization_id FROM credit_grants g JOIN credit_accounts a ON a.organization_id = g.organization_id
        WHERE g.expires_at < now() AND g.remaining_micro > 0 AND g.voided_at IS NULL AND a.available_micro > 0 ORDER BY g.expires_at LIMIT $1`,
      [limit],
    );
  }

  /** What is left in one lot; after the account's lock. */
  async remaining(tx: Tx, id: string): Promise<bigint> {
    return (await sqlRow<{ remainingMicro: bigint }>(tx, 'SELECT remaining_micro FROM credit_grants WHERE id = $1', [id], ['remainingMicro']))?.remainingMicro ?? 0n;
  }

  async take(tx: Tx, id: string, amountMicro: bigint): Promise<void> {
    await tx.query('UPDATE credit_grants SET remaining_micro = remaining_micro - $2 WHERE id = $1', [id, amountMicro]);
  }
}
