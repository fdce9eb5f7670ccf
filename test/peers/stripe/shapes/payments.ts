import type Stripe from 'stripe';

export interface NewPayment {
  readonly id: string;
  readonly created: number;
  readonly amount: number;
  readonly currency: string;
  readonly customer: string | null;
  readonly metadata: Record<string, string>;
}

export function paymentIntent({ id, created, amount, currency, customer, metadata }: NewPayment): Stripe.PaymentIntent {
  return {
    id, object: 'payment_intent', allowed_payment_method_types: null, amount, amount_capturable: 0, amount_received: 0, application: null, application_fee_amount: null, automatic_payment_methods: null,
    canceled_at: null, cancellation_reason: null, capture_method: 'automatic', client_secret: `${id}_secret_peer`, confirmation_method: 'automatic', created, currency, customer, customer_account: null,
    description: null, excluded_payment_method_types: null, last_payment_error: null, latest_charge: null, livemode: false, managed_payments: null, metadata, next_action: null, on_behalf_of: null,
    payment_method: null, payment_method_configuration_details: null, payment_method_options: {}, payment_method_types: ['card'], payment_record: null, processing: null, receipt_email: null, review: null,
    setup_future_usage: null, shipping: null, source: null, statement_descriptor: null, statement_descriptor_suffix: null, status: 'requires_payment_method', transfer_group: null,
  } satisfies Stripe.PaymentIntent;
}

export function charge({ id, created, amount, currency, customer, metadata }: NewPayment, intent: string): Stripe.Charge {
  return {
    id, object: 'charge', amount, amount_captured: amount, amount_refunded: 0, application: null, application_fee: null, application_fee_amount: null, balance_transaction: `txn_${id.slice(3)}`,
    billing_details: { address: null, email: null, name: null, phone: null, tax_id: null }, calculated_statement_descriptor: 'ASYNC CODER', captured: true, created, currency, customer, description: null,
    disputed: false, failure_balance_transaction: null, failure_code: null, failure_message: null, fraud_details: {}, livemode: false, metadata, on_behalf_of: null, outcome: null, paid: true,
    payment_intent: intent, payment_method: 'pm_peer', payment_method_details: null, receipt_email: null, receipt_number: null, receipt_url: null, refunded: false, review: null, shipping: null, source: null,
    source_transfer: null, statement_descriptor: null, statement_descriptor_suffix: null, status: 'succeeded', transfer_data: null, transfer_group: null,
  } satisfies Stripe.Charge;
}

export function refund({ id, created, amount, status }: { id: string; created: number; amount: number; status: string }, of: Stripe.Charge): Stripe.Refund {
  return {
    id, object: 'refund', amount, balance_transaction: `txn_${id.slice(3)}`, charge: of.id, created, currency: of.currency, customer: of.customer, customer_account: null, metadata: {},
    payment_intent: of.payment_intent, payment_method: of.payment_method, reason: null, receipt_number: null, source_transfer_reversal: null, status, transfer_reversal: null,
  } satisfies Stripe.Refund;
}

const EVIDENCE: Stripe.Dispute.Evidence = {
  access_activity_log: null, billing_address: null, cancellation_policy: null, cancellation_policy_disclosure: null, cancellation_rebuttal: null, customer_communication: null, customer_email_address: null,
  customer_name: null, customer_purchase_ip: null, customer_signature: null, duplicate_charge_documentation: null, duplicate_charge_explanation: null, duplicate_charge_id: null, enhanced_evidence: {},
  product_description: null, receipt: null, refund_policy: null, refund_policy_disclosure: null, refund_refusal_explanation: null, service_date: null, service_documentation: null, shipping_address: null,
  shipping_carrier: null, shipping_date: null, shipping_documentation: null, shipping_tracking_number: null, uncategorized_file: null, uncategorized_text: null,
};

export function dispute({ id, created, amount, status }: { id: string; created: number; amount: number; status: Stripe.Dispute.Status }, of: Stripe.Charge): Stripe.Dispute {
  return {
    id, object: 'dispute', amount, balance_transactions: [], charge: of.id, created, currency: of.currency, enhanced_eligibility_types: [], evidence: EVIDENCE,
    evidence_details: { due_by: created + 604_800, enhanced_eligibility: {}, has_evidence: false, past_due: false, submission_count: 0, submission_method: 'not_submitted' }, intended_submission_method: null,
    is_charge_refundable: false, livemode: false, metadata: {}, payment_intent: of.payment_intent, reason: 'fraudulent', status,
  } satisfies Stripe.Dispute;
}

export function event({ id, created, type, object, previous }: { id: string; created: number; type: Stripe.Event.Type; object: object; previous?: object }): Stripe.Event {
  return {
    id, object: 'event', api_version: '2026-10-28.endive', created, data: { object, ...(previous ? { previous_attributes: previous } : {}) }, livemode: false, pending_webhooks: 1,
    request: { id: null, idempotency_key: null }, type,
  } satisfies Stripe.EventBase as Stripe.Event;
}
