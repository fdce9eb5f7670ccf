import { BillingCustomerStore, idOf, InvoiceMirror, PurchaseMirror, StripeCheckout, StripeRecords, SubscriptionMirror } from '@app/billing';
import { UnitOfWork } from '@app/domain';
import { Injectable } from '@nestjs/common';

/** Who pays, and where bills go. */
@Injectable()
export class CustomerNews {
  constructor(
    private readonly stripe: StripeRecords,
    private readonly rows: BillingCustomerStore,
    private readonly work: UnitOfWork,
  ) {}

  async apply(customerId: string): Promise<boolean> {
    const customer = await this.stripe.customer(customerId);
    const isGone = customer === null || customer.deleted === true;
    return this.work.run(async (tx) => (await this.rows.refresh(tx, customerId, isGone ? null : { email: customer.email })) !== null);
  }
}

/** News of checkouts, payments and customers: false when they are none of ours. */
@Injectable()
export class CheckoutNews {
  constructor(
    private readonly checkout: StripeCheckout,
    private readonly stripe: StripeRecords,
    private readonly purchases: PurchaseMirror,
    private readonly subscriptions: SubscriptionMirror,
    private readonly invoices: InvoiceMirror,
    private readonly customers: CustomerNews,
  ) {}

  /** A package is bought, or a subscription begins; the plan's credits come with its invoice. */
  async apply(sessionId: string): Promise<boolean> {
    if ((await this.purchases.sync(sessionId)) !== null) return true;
    const session = await this.checkout.findSession(sessionId);
    const subscriptionId = session?.mode === 'subscription' ? idOf(session.subscription) : null;
    return subscriptionId !== null && (await this.subscriptions.sync(subscriptionId)) !== null;
  }

  async invoicePaid(invoicePaymentId: string): Promise<boolean> {
    const invoiceId = await this.stripe.invoiceOf(invoicePaymentId);
    return invoiceId !== null && (await this.invoices.sync(invoiceId)) !== null;
  }

  customer(customerId: string): Promise<boolean> {
    return this.customers.apply(customerId);
  }
}
