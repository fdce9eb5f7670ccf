import { AppError, declareError, redact } from '@app/common';
import Stripe from 'stripe';

export const STRIPE_ERROR = declareError('stripe_error', 502, 'Stripe gave an error', 'warn');
export const PAYMENT_REQUIRED = declareError('payment_required', 402, 'The payment was not made');

const WORDS = 300;
const WAIT_SECONDS = 5;

/** An error of the SDK as one of ours, without anything of the request that was sent. Other errors come back as they are. */
export function stripeError(error: unknown, what: string): unknown {
  if (!(error instanceof Stripe.errors.StripeError)) return error;
  const words = redact(error.message).slice(0, WORDS);
  // For the card's owner: Stripe writes these sentences to be shown.
  if (error instanceof Stripe.errors.StripeCardError) return new AppError(PAYMENT_REQUIRED, words, { members: { reason: error.decline_code ?? error.code ?? 'declined', hostedInvoiceUrl: null } });
  const cause = new Error(`${error.type} ${error.code ?? ''} ${error.requestId ?? ''}: ${words}`);
  if (error instanceof Stripe.errors.StripeConnectionError) return new AppError(STRIPE_ERROR, `Stripe could not be reached (${what}).`, { cause });
  if (error instanceof Stripe.errors.StripeRateLimitError) return new AppError(STRIPE_ERROR, `Stripe asks us to wait (${what}).`, { cause, headers: { 'Retry-After': String(WAIT_SECONDS) } });
  return new AppError(STRIPE_ERROR, `Stripe did not take this (${what}).`, { cause });
}

/** Whether Stripe's meter says that it has an event of this identifier. */
export function isKnownIdentifier(error: unknown): boolean {
  return error instanceof Stripe.errors.StripeInvalidRequestError && /already exists with identifier/.test(error.message);
}

/** Whether Stripe says that it has no such object. */
export function isMissing(error: unknown): boolean {
  return error instanceof Stripe.errors.StripeInvalidRequestError && error.code === 'resource_missing';
}
