import { newId, type Page, type PageRequest, toPage } from '@app/common';
import { sqlChange, sqlRow, sqlRows, type SubscriptionInvoice, type Tx } from '@app/domain';
import { Injectable } from '@nestjs/common';

type Copied = Omit<SubscriptionInvoice, 'id' | 'metadata' | 'stripeEventAt' | 'rowVersion' | 'createdAt' | 'updatedAt' | 'dueDate'>;

/** An invoice as Stripe has it. */
export type MirroredInvoice = Readonly<Copied & Pick<SubscriptionInvoice, 'dueDate' | 'createdAt'>>;

export interface InvoiceRow extends MirroredInvoice {
  readonly id: string;
  readonly rowVersion: number;
  readonly metadata: Readonly<Record<string, unknown>>;
}

const COLUMNS = [
  'organization_id', 'subscription_id', 'stripe_invoice_id', 'stripe_payment_intent_id', 'number', 'status', 'billing_reason', 'currency', 'subtotal_minor', 'tax_minor', 'total_minor', 'amount_due_minor',
  'amount_paid_minor', 'amount_remaining_minor', 'attempt_count', 'next_payment_attempt_at', 'period_start', 'period_end', 'due_date', 'finalized_at', 'paid_at', 'voided_at', 'hosted_invoice_url', 'invoice_pdf', 'created_at',
] as const;
const BIGINTS = ['subtotalMinor', 'taxMinor', 'totalMinor', 'amountDueMinor', 'amountPaidMinor', 'amountRemainingMinor'] as const;
const SELECT = `SELECT id, row_version, metadata, ${COLUMNS.join(', ')} FROM subscription_invoices`;

/** Invoices: copies of Stripe's. */
@Injectable()
export class InvoiceStore {
  find(manager: Tx, organizationId: string, id: string): Promise<InvoiceRow | null> {
    return sqlRow<InvoiceRow>(manager, `${SELECT} WHERE organization_id = $1 AND id = $2`, [organizationId, id], BIGINTS);
  }

  byStripeId(manager: Tx, stripeInvoiceId: string): Promise<InvoiceRow | null> {
    return sqlRow<InvoiceRow>(manager, `${SELECT} WHERE stripe_invoice_id = $1`, [stripeInvoiceId], BIGINTS);
  }

  byPayment(manager: Tx, paymentIntentId: string): Promise<InvoiceRow | null> {
    return sqlRow<InvoiceRow>(manager, `${SELECT} WHERE stripe_payment_intent_id = $1 AND subscription_id IS NOT NULL`, [paymentIntentId], BIGINTS);
  }

  /** Drafts are not shown: they may still change. */
  async page(manager: Tx, organizationId: string, filter: { status?: string }, page: PageRequest): Promise<Page<InvoiceRow>> {
    const newest = page.order === 'desc';
    const rows = await sqlRows<InvoiceRow>(
      manager,
      `${SELECT} WHERE organization_id = $1 AND ($2::text IS NULL AND status <> 'draft' OR status = $2)
        AND ($3::timestamptz IS NULL OR (created_at, id) ${newest ? '<' : '>'} ($3, $4::uuid)) ORDER BY created_at ${newest ? 'DESC' : 'ASC'}, id ${newest ? 'DESC' : 'ASC'} LIMIT $5`,
      [organizationId, filter.status ?? null, page.after?.sort ?? null, page.after?.id ?? null, page.limit + 1],
      BIGINTS,
    );
    return toPage(rows, page.limit, (row) => ({ sort: row.createdAt.toISOString(), id: row.id }));
  }

  /** Writes what Stripe said at `asOf`, unless later news is there already; returns the row. After the organization's lock. */
  async write(tx: Tx, invoice: MirroredInvoice, asOf: Date): Promise<InvoiceRow> {
    const values = COLUMNS.map((column) => invoice[camel(column)]);
    const changes = COLUMNS.filter((column) => !['organization_id', 'stripe_invoice_id', 'created_at'].includes(column)).map((column) => `${column} = EXCLUDED.${column}`);
    await sqlChange(
      tx,
      `INSERT INTO subscription_invoices AS i (id, stripe_event_at, ${COLUMNS.join(', ')}) VALUES ($1, $2, ${COLUMNS.map((_, index) => `$${index + 3}`).join(', ')})
       ON CONFLICT (stripe_invoice_id) DO UPDATE SET stripe_event_at = $2, ${changes.join(', ')} WHERE i.stripe_event_at IS NULL OR i.stripe_event_at <= $2`,
      [newId(), asOf, ...values],
    );
    const row = await this.byStripeId(tx, invoice.stripeInvoiceId);
    if (!row) throw new Error(`invoice ${invoice.stripeInvoiceId} was not written`);
    return row;
  }

  /** Keeps what was worked out about an invoice beside it. */
  async note(tx: Tx, id: string, metadata: Readonly<Record<string, unknown>>): Promise<void> {
    await sqlChange(tx, 'UPDATE subscription_invoices SET metadata = metadata || $2::jsonb WHERE id = $1', [id, JSON.stringify(metadata)]);
  }
}

function camel(column: (typeof COLUMNS)[number]): keyof MirroredInvoice {
  return column.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()) as keyof MirroredInvoice;
}
