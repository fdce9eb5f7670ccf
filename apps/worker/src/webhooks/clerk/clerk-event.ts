/** A webhook of Clerk's, read as far as we need it. */
export interface ClerkEvent {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** When it happened at Clerk. */
  readonly at: Date;
}

/** Null: the bytes are no event. Their signature held, so they are what Clerk sent, and no later try reads them better. */
export function readClerkEvent(rawBody: Buffer, receivedAt: Date): ClerkEvent | null {
  const event = parse(rawBody);
  if (!isRecord(event) || typeof event['type'] !== 'string' || !isRecord(event['data'])) return null;
  const at = typeof event['timestamp'] === 'number' ? new Date(event['timestamp']) : receivedAt;
  return { type: event['type'], data: event['data'], at: Number.isNaN(at.getTime()) ? receivedAt : at };
}

/** A field that is an id, or null. */
export function idIn(data: Readonly<Record<string, unknown>>, field: string): string | null {
  const id = data[field];
  return typeof id === 'string' && /^[A-Za-z0-9_-]{1,255}$/.test(id) ? id : null;
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown;
  } catch {
    return null;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
