import { type Tx, UnitOfWork } from '@app/domain';
import { Injectable } from '@nestjs/common';
import type { Payment } from '../credits/payment-lot.store';
import { StripeRecords } from '../payments/stripe-records';
import { InvoiceMirror } from '../subscriptions/invoice-mirror';
import { type InvoiceRow, InvoiceStore } from '../subscriptions/invoice.store';
import { PurchaseMirror } from './purchase-mirror';
import { type PurchaseRow, PurchaseStore } from './purchase.store';

/** What a payment paid for. `books`: what of the payment went back so far, as it is kept beside the row. */
export interface PaidThing {
  readonly kind: 'purchase' | 'invoice';
  readonly id: string;
  readonly organizationId: string;
  readonly payment: Payment;
  readonly amountMinor: bigint;
  /** Credits that it brought; null for an invoice, whose lot says it. */
  readonly creditsMicro: bigint | null;
  readonly books: PaymentBooks;
}

/** By Stripe's id: what was refunded, and how disputes stand. */
export interface PaymentBooks {
  readonly refunds: Readonly<Record<string, number>>;
  readonly disputes: Readonly<Record<string, 'open' | 'won' | 'lost'>>;
}

/** Finds what was paid, also when the news that it was is still on its way. */
@Injectable()
export class PaidThings {
  constructor(
    private readonly purchases: PurchaseStore,
    private readonly invoices: InvoiceStore,
    private readonly purchaseMirror: PurchaseMirror,
    private readonly invoiceMirror: InvoiceMirror,
    private readonly stripe: StripeRecords,
    private readonly work: UnitOfWork,
  ) {}

  /** Null: the payment is none of ours, or brought no credits. */
  async of(paymentIntentId: string): Promise<PaidThing | null> {
    const known = await this.read(this.work.reader, paymentIntentId);
    if (known) return known;
    await this.again(paymentIntentId);
    return this.read(this.work.reader, paymentIntentId);
  }

  /** Reads again what a payment paid for. False: it is none of ours. */
  async again(paymentIntentId: string): Promise<boolean> {
    if ((await this.purchaseMirror.ofPayment(paymentIntentId)) !== null) return true;
    const invoiceId = await this.stripe.invoiceOfPayment(paymentIntentId);
    return invoiceId !== null && (await this.invoiceMirror.sync(invoiceId)) !== null;
  }

  /** As it stands; inside a transaction after the organization's lock. */
  async read(manager: Tx, paymentIntentId: string): Promise<PaidThing | null> {
    const purchase = await this.purchases.byPayment(manager, paymentIntentId);
    if (purchase) return ofPurchase(purchase);
    const invoice = await this.invoices.byPayment(manager, paymentIntentId);
    return invoice ? ofInvoice(invoice) : null;
  }

  /** Keeps the books; of a purchase, its status and sum follow. */
  async write(tx: Tx, thing: PaidThing, books: PaymentBooks): Promise<void> {
    const metadata = { refunds: books.refunds, disputes: books.disputes };
    if (thing.kind === 'invoice') return this.invoices.note(tx, thing.id, metadata);
    const refunded = Object.values(books.refunds).reduce((sum, amount) => sum + amount, 0);
    const refundedMinor = BigInt(Math.min(refunded, Number(thing.amountMinor)));
    const isDisputed = Object.values(books.disputes).some((state) => state !== 'won');
    const afterRefunds = refundedMinor === 0n ? 'completed' : refundedMinor >= thing.amountMinor ? 'refunded' : 'partially_refunded';
    await this.purchases.settle(tx, thing.id, { status: isDisputed ? 'disputed' : afterRefunds, refundedMinor, metadata });
  }
}

function ofPurchase(row: PurchaseRow): PaidThing {
  return { kind: 'purchase', id: row.id, organizationId: row.organizationId, payment: { purchaseId: row.id }, amountMinor: row.amountMinor, creditsMicro: row.creditsMicro, books: booksIn(row.metadata) };
}

function ofInvoice(row: InvoiceRow): PaidThing {
  return { kind: 'invoice', id: row.id, organizationId: row.organizationId, payment: { invoiceId: row.id }, amountMinor: row.amountPaidMinor, creditsMicro: null, books: booksIn(row.metadata) };
}

function booksIn(metadata: Readonly<Record<string, unknown>>): PaymentBooks {
  const { refunds = {}, disputes = {} } = metadata as Partial<PaymentBooks>;
  return { refunds, disputes };
}
