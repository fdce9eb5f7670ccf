import { newId, type Page, type PageRequest, toPage } from '@app/common';
import { type CreditPurchase, sqlChange, sqlRow, sqlRows, type Tx } from '@app/domain';
import { Injectable } from '@nestjs/common';
import type { PackageRow } from '../subscriptions/plan-catalog.store';

/** A purchase with its package's name. */
export type PurchaseRow = Readonly<Omit<CreditPurchase, 'updatedAt'> & { packageName: string; expiresAfterDays: number | null }>;

const SELECT = `SELECT c.id, c.organization_id, c.user_id, c.package_id, c.status, c.stripe_checkout_session_id, c.stripe_payment_intent_id, c.amount_minor, c.amount_refunded_minor, c.currency, c.credits_micro,
       c.credits_revoked_micro, c.failure_code, c.completed_at, c.expires_at, c.metadata, c.row_version, c.created_at, p.display_name AS package_name, p.expires_after_days
  FROM credit_purchases c JOIN credit_packages p ON p.id = c.package_id`;
const BIGINTS = ['amountMinor', 'amountRefundedMinor', 'creditsMicro', 'creditsRevokedMicro'] as const;

/** Checkouts of credit packages, and what became of them. */
@Injectable()
export class PurchaseStore {
  /** Before Stripe is asked for anything, so that no payment can be without its purchase. */
  async begin(tx: Tx, wish: { organizationId: string; userId: string; pack: PackageRow }): Promise<string> {
    const { organizationId, userId, pack } = wish;
    const id = newId();
    await sqlChange(
      tx,
      `INSERT INTO credit_purchases (id, organization_id, user_id, package_id, amount_minor, currency, credits_micro) VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id`,
      [id, organizationId, userId, pack.id, pack.priceMinor, pack.currency, pack.creditsMicro],
    );
    return id;
  }

  async keepSession(tx: Tx, organizationId: string, id: string, sessionId: string): Promise<void> {
    await sqlChange(tx, 'UPDATE credit_purchases SET stripe_checkout_session_id = coalesce(stripe_checkout_session_id, $3) WHERE organization_id = $1 AND id = $2', [organizationId, id, sessionId]);
  }

  find(manager: Tx, id: string): Promise<PurchaseRow | null> {
    return sqlRow<PurchaseRow>(manager, `${SELECT} WHERE c.id = $1`, [id], BIGINTS);
  }

  byPayment(manager: Tx, paymentIntentId: string): Promise<PurchaseRow | null> {
    return sqlRow<PurchaseRow>(manager, `${SELECT} WHERE c.stripe_payment_intent_id = $1`, [paymentIntentId], BIGINTS);
  }

  /** Checkouts that nobody ended for a day; they are asked about, or were never opened. */
  stale(manager: Tx, limit: number): Promise<{ id: string; sessionId: string | null }[]> {
    return sqlRows(manager, `SELECT id, stripe_checkout_session_id AS session_id FROM credit_purchases WHERE status = 'pending' AND created_at < now() - interval '25 hours' ORDER BY created_at LIMIT $1`, [limit]);
  }

  async page(manager: Tx, organizationId: string, page: PageRequest): Promise<Page<PurchaseRow>> {
    const newest = page.order === 'desc';
    const rows = await sqlRows<PurchaseRow>(
      manager,
      `${SELECT} WHERE c.organization_id = $1 AND ($2::uuid IS NULL OR c.id ${newest ? '<' : '>'} $2) ORDER BY c.id ${newest ? 'DESC' : 'ASC'} LIMIT $3`,
      [organizationId, page.after?.id ?? null, page.limit + 1],
      BIGINTS,
    );
    return toPage(rows, page.limit, (row) => ({ sort: row.id, id: row.id }));
  }

  /** It was paid; false: that was known. */
  async complete(tx: Tx, id: string, paid: { sessionId: string; paymentIntentId: string; at: Date; expiresAt: Date | null }): Promise<boolean> {
    const changed = await sqlChange(
      tx,
      `UPDATE credit_purchases SET status = 'completed', completed_at = $2, expires_at = $3, stripe_payment_intent_id = $4, stripe_checkout_session_id = coalesce(stripe_checkout_session_id, $5), failure_code = NULL
        WHERE id = $1 AND status IN ('pending','failed','expired')`,
      [id, paid.at, paid.expiresAt, paid.paymentIntentId, paid.sessionId],
    );
    return changed === 1;
  }

  /** It will not be paid any more; one that was paid stays so. */
  async fail(tx: Tx, id: string, status: 'failed' | 'expired', failureCode: string | null): Promise<boolean> {
    return (await sqlChange(tx, `UPDATE credit_purchases SET status = $2, failure_code = $3 WHERE id = $1 AND status = 'pending'`, [id, status, failureCode])) === 1;
  }

  async settle(tx: Tx, id: string, outcome: { status: CreditPurchase['status']; refundedMinor: bigint; metadata: Readonly<Record<string, unknown>> }): Promise<void> {
    await sqlChange(tx, 'UPDATE credit_purchases SET status = $2, amount_refunded_minor = $3, metadata = metadata || $4::jsonb WHERE id = $1', [id, outcome.status, outcome.refundedMinor, JSON.stringify(outcome.metadata)]);
  }
}
