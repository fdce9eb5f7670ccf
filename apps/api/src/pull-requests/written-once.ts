import { createHash } from 'node:crypto';
import { newId } from '@app/common';
import { isOutcomeUnknown } from '@app/github';
import type { IdempotentCall } from '../http/idempotency/idempotent-call';

/** The name of something that is written at GitHub, hidden in its text: by it a second try finds what the first one wrote. */
export function hiddenName(call: IdempotentCall | null): string {
  const name = createHash('sha256').update(call ? `${call.scope} ${call.key}` : newId()).digest('hex').slice(0, 32);
  return `<!-- async-coder call=${name} -->`;
}

export function withHiddenName(text: string | undefined, name: string): string {
  return text ? `${text}\n\n${name}` : name;
}

/** Writes unless an earlier try did; looks for what a write left behind whose answer was lost. */
export async function writtenOnce<T>(call: IdempotentCall | null, find: () => Promise<T | null>, write: () => Promise<T>): Promise<T> {
  // Without a key nobody can have tried before under this name.
  const before = call === null ? null : await find();
  if (before !== null) return before;
  try {
    return await write();
  } catch (error) {
    const after = isOutcomeUnknown(error) ? await find() : null;
    if (after !== null) return after;
    throw error;
  }
}
