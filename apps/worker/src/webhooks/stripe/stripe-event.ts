/** A webhook of Stripe's, read as far as we need it: what happened, and to which object. The object itself is read again. */
export interface StripeNews {
  readonly type: string;
  readonly objectId: string;
}

const ID = /^[A-Za-z0-9_]{1,255}$/;

/** Null: the bytes are no event. Their signature held, so they are what Stripe sent, and no later try reads them better. */
export function readStripeEvent(rawBody: Buffer): StripeNews | null {
  const event = recordIn(parse(rawBody));
  const object = recordIn(recordIn(event?.['data'])?.['object']);
  const { type } = event ?? {};
  const objectId = object?.['id'];
  if (typeof type !== 'string' || typeof objectId !== 'string' || !ID.test(objectId)) return null;
  return { type, objectId };
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown;
  } catch {
    return null;
  }
}

function recordIn(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
}
