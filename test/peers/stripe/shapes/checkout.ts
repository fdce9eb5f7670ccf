import type Stripe from 'stripe';

export interface NewSession {
  readonly id: string;
  readonly created: number;
  readonly mode: 'payment' | 'subscription';
  readonly amount: number;
  readonly currency: string;
  readonly customer: string | null;
  readonly clientReferenceId: string | null;
  readonly metadata: Record<string, string>;
  readonly successUrl: string;
  readonly cancelUrl: string | null;
  readonly url: string;
  readonly createsInvoice: boolean;
}

const DAY = 86_400;
const NO_TAX = { enabled: false, liability: null, provider: null, status: null };

export function checkoutSession(wish: NewSession): Stripe.Checkout.Session {
  const { id, created, mode, amount, currency, customer, metadata } = wish;
  const invoiceData = { account_tax_ids: null, custom_fields: null, description: null, footer: null, issuer: null, metadata: {}, rendering_options: null };
  return {
    id, object: 'checkout.session', adaptive_pricing: { enabled: false }, after_expiration: null, allow_promotion_codes: null, allowed_payment_method_types: null, amount_subtotal: amount, amount_total: amount,
    automatic_tax: NO_TAX, billing_address_collection: null, cancel_url: wish.cancelUrl, client_reference_id: wish.clientReferenceId, client_secret: null, collected_information: null, consent: null,
    consent_collection: null, created, currency, currency_conversion: null, custom_fields: [], custom_text: { after_submit: null, shipping_address: null, submit: null, terms_of_service_acceptance: null },
    customer, customer_account: null, customer_creation: customer === null ? 'always' : null, customer_details: null, customer_email: null, discounts: [], expires_at: created + DAY, integration_identifier: null,
    invoice: null, invoice_creation: mode === 'payment' ? { enabled: wish.createsInvoice, invoice_data: invoiceData } : null, livemode: false, locale: null, managed_payments: null, metadata, mode, origin_context: null,
    payment_intent: null, payment_link: null, payment_method_collection: mode === 'payment' ? 'if_required' : 'always', payment_method_configuration_details: null, payment_method_options: {},
    payment_method_types: ['card'], payment_status: 'unpaid', permissions: null, recovered_from: null, saved_payment_method_options: null, setup_intent: null, shipping_address_collection: null,
    shipping_cost: null, shipping_options: [], status: 'open', submit_type: null, subscription: null, success_url: wish.successUrl, total_details: { amount_discount: 0, amount_shipping: 0, amount_tax: 0 },
    ui_mode: 'hosted_page', url: wish.url, wallet_options: null,
  } satisfies Stripe.Checkout.Session;
}
