import { sqlRow, type Tx } from '@app/domain';
import { Injectable } from '@nestjs/common';

/** What credits were paid with: a one-off purchase, or an invoice of a subscription. */
export type Payment = { readonly purchaseId: string } | { readonly invoiceId: string };

/** The lot that a payment brought, and how much of it was taken back since (refunds, disputes, what a dispute keeps frozen). */
export interface PaymentLot {
  readonly id: string;
  readonly organizationId: string;
  readonly category: 'paid' | 'promotional';
  readonly amountMicro: bigint;
  readonly remainingMicro: bigint;
  readonly priority: number;
  readonly expiresAt: Date | null;
  readonly purchaseId: string | null;
  readonly subscriptionId: string | null;
  readonly cleared: boolean;
  readonly revokedMicro: bigint;
}

/** Lots by what paid for them. After the account's lock, so that what it reads stays true. */
@Injectable()
export class PaymentLotStore {
  find(tx: Tx, organizationId: string, payment: Payment): Promise<PaymentLot | null> {
    const column = 'purchaseId' in payment ? 'purchase_id' : 'invoice_id';
    return sqlRow<PaymentLot>(
      tx,
      `SELECT g.id, g.organization_id, g.category, g.amount_micro, g.remaining_micro, g.priority, g.expires_at, g.purchase_id, g.subscription_id,
              EXISTS (SELECT 1 FROM credit_transactions t WHERE t.grant_id = g.id AND t.type = 'clearing') AS cleared,
              coalesce((SELECT -sum(t.amount_micro) FROM credit_transactions t WHERE t.grant_id = g.id AND t.type IN ('reversal', 'refund')), 0)::bigint AS revoked_micro
         FROM credit_grants g WHERE g.organization_id = $1 AND g.${column} = $2 AND g.source IN ('purchase', 'subscription')`,
      [organizationId, 'purchaseId' in payment ? payment.purchaseId : payment.invoiceId],
      ['amountMicro', 'remainingMicro', 'revokedMicro'],
    );
  }

  /** Writes to the purchase how many of its credits are gone for good or frozen. */
  async noteRevoked(tx: Tx, lot: PaymentLot): Promise<void> {
    if (lot.purchaseId === null) return;
    await tx.query(
      `UPDATE credit_purchases SET credits_revoked_micro = (SELECT least(greatest(coalesce(-sum(t.amount_micro), 0), 0), credits_micro) FROM credit_transactions t
                                                             WHERE t.grant_id = $2 AND t.type IN ('reversal', 'refund'))
        WHERE id = $1`,
      [lot.purchaseId, lot.id],
    );
  }
}
