import type { Secret } from '@app/common';
import { Webhook } from 'standardwebhooks';

/** A message as it goes over the wire. */
export interface SignedMessage {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Signs a message by Standard Webhooks, once with each secret: while one is being replaced, receivers may know either. */
export function signMessage({ eventId, body }: { eventId: string; body: string }, secrets: readonly Secret[], now: Date): SignedMessage {
  const signatures = secrets.map((secret) => secret.use((text) => new Webhook(text).sign(eventId, now, body)));
  return {
    headers: {
      'content-type': 'application/json',
      'user-agent': 'AsyncCoder-Webhooks/1',
      'webhook-id': eventId,
      'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
      'webhook-signature': signatures.join(' '),
    },
    body: Buffer.from(body),
  };
}
