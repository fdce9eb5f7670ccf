import { AppConfig, Logger } from '@app/common';
import { verifyWebhook, type WebhookEvent } from '@clerk/backend/webhooks';
import { Injectable } from '@nestjs/common';
import type { HttpRequest } from '../../http/http-request';
import { invalidSignature } from './incoming-webhooks.errors';

/** The SDK reads the older names only. */
const HEADERS = { 'svix-id': 'webhook-id', 'svix-timestamp': 'webhook-timestamp', 'svix-signature': 'webhook-signature' } as const;

/** A delivery that Clerk signed. */
export interface SignedEvent {
  readonly deliveryId: string;
  readonly event: WebhookEvent;
}

/** Checks Clerk's signature over the raw bytes, with each secret that is in force. */
@Injectable()
export class ClerkSignature {
  private readonly secrets: readonly string[];
  private readonly logger: Logger;

  constructor(config: AppConfig, logger: Logger) {
    const isOff = config.core.DISABLED_INTEGRATIONS.includes('clerk');
    this.secrets = isOff ? [] : (config.clerk.CLERK_WEBHOOK_SIGNING_SECRET?.use((list) => list.split(',').map((one) => one.trim())) ?? []);
    this.logger = logger.named('webhooks');
  }

  get isConfigured(): boolean {
    return this.secrets.length > 0;
  }

  /** @throws {AppError} invalid_signature */
  async check(request: HttpRequest, body: Buffer): Promise<SignedEvent> {
    const headers = signedHeaders(request);
    const deliveryId = headers?.['svix-id'];
    // The SDK reads the body as text. Bytes that are no UTF-8, or begin with a byte order mark, would not be the bytes that we keep.
    if (headers && deliveryId && isPlainUtf8(body)) {
      for (const secret of this.secrets) {
        const event = await this.tryOne(headers, body, secret);
        if (event) return { deliveryId, event };
      }
    }
    throw invalidSignature();
  }

  private async tryOne(headers: Record<string, string>, body: Buffer, signingSecret: string): Promise<WebhookEvent | null> {
    try {
      return await verifyWebhook(new Request('http://webhook.invalid/', { method: 'POST', headers, body: new Uint8Array(body) }), { signingSecret });
    } catch (error) {
      this.logger.debug('a signature was refused', { err: error });
      return null;
    }
  }
}

/** One set of names, whole; null when a part is missing or sent twice. */
function signedHeaders(request: HttpRequest): Record<keyof typeof HEADERS, string> | null {
  const pairs = Object.entries(HEADERS);
  for (const names of [pairs.map(([svix]) => svix), pairs.map(([, standard]) => standard)]) {
    const values = names.map((name) => request.headers[name]);
    if (values.every((value): value is string => typeof value === 'string' && value !== '' && value.length <= 1_024)) {
      return Object.fromEntries(pairs.map(([svix], index) => [svix, values[index]])) as Record<keyof typeof HEADERS, string>;
    }
  }
  return null;
}

function isPlainUtf8(body: Buffer): boolean {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body).charCodeAt(0) !== 0xfeff;
  } catch {
    return false;
  }
}
