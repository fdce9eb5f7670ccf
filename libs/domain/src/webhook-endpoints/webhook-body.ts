import { storableJson } from '../sql';
import type { WebhookEvent } from './webhook-event';

/** What receivers are promised, and what the table takes. */
export const WEBHOOK_BODY_BYTES = 262_144;
/** Texts are cut to this when a body would be too long. */
const SHORT_TEXT = 500;

export interface WebhookMessage {
  /** `evt_<uuid>`: the same for every endpoint, try and redelivery. */
  readonly id: string;
  readonly type: WebhookEvent;
  readonly createdAt: Date;
  readonly organizationId: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** The exact text that is signed and sent. Data that is too long loses the ends of its texts and lists, and says so with `truncated: true`. */
export function webhookBody({ id, type, createdAt, organizationId, data }: WebhookMessage): string {
  const write = (shown: unknown): string => storableJson({ id, type, createdAt: createdAt.toISOString(), organizationId, data: shown });
  const whole = write(data);
  if (Buffer.byteLength(whole) <= WEBHOOK_BODY_BYTES) return whole;
  return write({ ...(shortened(data) as object), truncated: true });
}

/** The same with short texts and lists; enough, as a task has a fixed number of fields. */
function shortened(value: unknown): unknown {
  if (typeof value === 'string') return value.length > SHORT_TEXT ? `${value.slice(0, SHORT_TEXT)}…` : value;
  if (Array.isArray(value)) return value.slice(0, 20).map(shortened);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, shortened(field)]));
}
