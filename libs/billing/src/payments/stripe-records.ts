import { Injectable } from '@nestjs/common';
import type Stripe from 'stripe';
import { StripeClient } from './stripe-client';
import { idOf, type StripeCharge, type StripeCustomer, type StripeDispute, type StripeEvent, type StripeInvoice, type StripePaymentIntent, type StripeRefund } from './stripe-objects';

const PAGE = 100;

/** What happened at Stripe: invoices, charges, refunds, disputes and the events that told of them. Reads only. */
@Injectable()
export class StripeRecords {
  constructor(private readonly stripe: StripeClient) {}

  get isConfigured(): boolean {
    return this.stripe.isConfigured;
  }

  invoice(id: string): Promise<StripeInvoice | null> {
    return this.stripe.find('invoice', (api) => api.invoices.retrieve(id, { expand: ['payments.data.payment.payment_intent'] }));
  }

  paymentIntent(id: string): Promise<StripePaymentIntent | null> {
    return this.stripe.find('payment_intent', (api) => api.paymentIntents.retrieve(id));
  }

  refund(id: string): Promise<StripeRefund | null> {
    return this.stripe.find('refund', (api) => api.refunds.retrieve(id));
  }

  dispute(id: string): Promise<StripeDispute | null> {
    return this.stripe.find('dispute', (api) => api.disputes.retrieve(id));
  }

  charge(id: string): Promise<StripeCharge | null> {
    return this.stripe.find('charge', (api) => api.charges.retrieve(id));
  }

  customer(id: string): Promise<StripeCustomer | null> {
    return this.stripe.find<StripeCustomer>('customer', (api) => api.customers.retrieve(id));
  }

  /** The subscription that a schedule is or was of. */
  async subscriptionOfSchedule(id: string): Promise<string | null> {
    const schedule = await this.stripe.find<Stripe.SubscriptionSchedule>('subscription_schedule', (api) => api.subscriptionSchedules.retrieve(id));
    return schedule ? (idOf(schedule.subscription) ?? schedule.released_subscription) : null;
  }

  /** The invoice of a payment of an invoice. */
  async invoiceOf(invoicePaymentId: string): Promise<string | null> {
    return idOf((await this.stripe.find('invoice_payment', (api) => api.invoicePayments.retrieve(invoicePaymentId)))?.invoice);
  }

  /** The invoice that a payment paid. */
  async invoiceOfPayment(paymentIntentId: string): Promise<string | null> {
    const [payment] = await this.stripe.all('invoice_payment', 1, (api) => api.invoicePayments.list({ payment: { type: 'payment_intent', payment_intent: paymentIntentId }, limit: 1 }));
    return idOf(payment?.invoice);
  }

  refundsOfCharge(charge: string): Promise<StripeRefund[]> {
    return this.stripe.all('refund', 1_000, (api) => api.refunds.list({ charge, limit: PAGE }));
  }

  events(since: Date, most: number): Promise<StripeEvent[]> {
    return this.stripe.all('event', most, (api) => api.events.list({ created: { gte: seconds(since) }, limit: PAGE }));
  }

  paidInvoices(since: Date, most: number): Promise<StripeInvoice[]> {
    return this.stripe.all('invoice', most, (api) => api.invoices.list({ status: 'paid', created: { gte: seconds(since) }, limit: PAGE }));
  }

  charges(since: Date, most: number): Promise<StripeCharge[]> {
    return this.stripe.all('charge', most, (api) => api.charges.list({ created: { gte: seconds(since) }, limit: PAGE }));
  }

  refunds(since: Date, most: number): Promise<StripeRefund[]> {
    return this.stripe.all('refund', most, (api) => api.refunds.list({ created: { gte: seconds(since) }, limit: PAGE }));
  }

  disputes(since: Date, most: number): Promise<StripeDispute[]> {
    return this.stripe.all('dispute', most, (api) => api.disputes.list({ created: { gte: seconds(since) }, limit: PAGE }));
  }
}

function seconds(time: Date): number {
  return Math.floor(time.getTime() / 1_000);
}
