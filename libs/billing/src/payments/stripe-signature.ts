import { AppConfig } from '@app/common';
import { Injectable } from '@nestjs/common';
import Stripe from 'stripe';

/** Either side of the clock; what is older could be a replay. */
const TOLERANCE_SECONDS = 300;

/** Checks Stripe's signature over the raw bytes, with each secret that is in force. */
@Injectable()
export class StripeSignature {
  private readonly secrets: readonly string[];

  constructor(config: AppConfig) {
    const isOff = config.core.DISABLED_INTEGRATIONS.includes('stripe');
    const list = config.stripe.STRIPE_WEBHOOK_SECRET;
    this.secrets = isOff || !list ? [] : list.use((text) => text.split(',').map((secret) => secret.trim()));
  }

  get isConfigured(): boolean {
    return this.secrets.length > 0;
  }

  /** Whether one of the secrets signed these bytes within the last 300 s. A time ahead of ours by more is refused too, which the SDK lets pass. */
  holds(rawBody: Buffer, header: string): boolean {
    const signedAt = Number(/(?:^|,)t=(\d{1,12})(?:,|$)/.exec(header)?.[1] ?? Number.NaN);
    if (!(signedAt - Date.now() / 1_000 <= TOLERANCE_SECONDS)) return false;
    return this.secrets.some((secret) => this.isSignedWith(secret, rawBody, header));
  }

  private isSignedWith(secret: string, rawBody: Buffer, header: string): boolean {
    try {
      Stripe.webhooks.constructEvent(rawBody, header, secret, TOLERANCE_SECONDS);
      return true;
    } catch {
      return false;
    }
  }
}
