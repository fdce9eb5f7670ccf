import { createHash, randomUUID } from 'node:crypto';

const LONE_SURROGATE = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g;

/** Vendors refuse a whole request because of one half of a surrogate pair. */
export function wellFormed(text: string): string {
  return text.replace(LONE_SURROGATE, '\uFFFD');
}

/** Every wire refuses an empty text; white space alone counts as empty. */
export function isBlank(text: string): boolean {
  return text.trim() === '';
}

/** A call's id as this vendor accepts it. Another vendor's id becomes a digest, always the same one, so call and result still meet. */
export function wireCallId(id: string, accepted: RegExp): string {
  return accepted.test(id) ? id : `call_${createHash('sha256').update(id).digest('hex').slice(0, 24)}`;
}

/** An id for a call that came without one. */
export function newCallId(): string {
  return `call_${randomUUID().replaceAll('-', '').slice(0, 24)}`;
}
