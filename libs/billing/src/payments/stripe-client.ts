import { AppConfig, AppError, INTEGRATION_NOT_CONFIGURED } from '@app/common';
import { Injectable } from '@nestjs/common';
import Stripe from 'stripe';
import { isMissing, STRIPE_ERROR, stripeError } from './stripe.errors';

/** What our code is written for; the webhook endpoint at Stripe has to be set to the same. */
export const STRIPE_API_VERSION = '2026-10-28.endive';

const TIMEOUT_MS = 20_000;
const RETRIES = 2;

/** The way to Stripe. Without a key every call is refused as not configured. */
@Injectable()
export class StripeClient {
  private readonly client: Stripe | null;

  constructor(config: AppConfig) {
    const { STRIPE_SECRET_KEY: key, STRIPE_API_URL } = config.stripe;
    const isOff = config.core.DISABLED_INTEGRATIONS.includes('stripe');
    const { hostname, port, protocol } = new URL(STRIPE_API_URL);
    const options = {
      apiVersion: STRIPE_API_VERSION, maxNetworkRetries: RETRIES, timeout: TIMEOUT_MS, telemetry: false, appInfo: { name: 'async-coder' },
      host: hostname, protocol: protocol === 'http:' ? 'http' : 'https', ...(port === '' ? {} : { port }),
    } as const;
    this.client = key === undefined || isOff ? null : key.use((text) => new Stripe(text, options));
  }

  get isConfigured(): boolean {
    return this.client !== null;
  }

  /**
   * One call, whose answer must be the kind of object that was asked for: a proxy's error page can look like an empty answer to the SDK.
   * @throws {AppError} stripe_error, payment_required, integration_not_configured
   */
  async ask<Answer extends { readonly object: string }>(what: Answer['object'], call: (api: Stripe) => Promise<Answer>): Promise<Answer> {
    const api = this.configured();
    try {
      return checked(await call(api), what);
    } catch (error) {
      throw stripeError(error, what);
    }
  }

  /** Like `ask`, and null when Stripe has no such object. */
  async find<Answer extends { readonly object: string }>(what: Answer['object'], call: (api: Stripe) => Promise<Answer>): Promise<Answer | null> {
    const api = this.configured();
    try {
      return checked(await call(api), what);
    } catch (error) {
      if (isMissing(error)) return null;
      throw stripeError(error, what);
    }
  }

  /** Every object of a list, page by page, at most `most` of them. */
  async all<Item extends { id: string }>(what: string, most: number, call: (api: Stripe) => Stripe.ApiListPromise<Item>): Promise<Item[]> {
    const api = this.configured();
    try {
      return await call(api).autoPagingToArray({ limit: most });
    } catch (error) {
      throw stripeError(error, what);
    }
  }

  private configured(): Stripe {
    if (!this.client) throw new AppError(INTEGRATION_NOT_CONFIGURED, 'Payments are not configured here: STRIPE_SECRET_KEY is not set.');
    return this.client;
  }
}

function checked<Answer extends { readonly object: string }>(answer: Answer, what: string): Answer {
  const { object, id } = answer as { object?: unknown; id?: unknown };
  if (object !== what || (what !== 'list' && typeof id !== 'string' && !what.startsWith('billing.'))) throw new AppError(STRIPE_ERROR, `Stripe answered with something that is no ${what}.`);
  return answer;
}
