import type { StopError } from '@app/common';
import type { Usage } from '@app/providers';

/** A call that its owner stopped in the middle of the answer. */
export interface StoppedCall {
  /** What the vendor had reported by then; null: nothing yet. */
  readonly reported: Usage | null;
  /** Characters of the answer that had come; null: no sign of one. */
  readonly heardCharacters: number | null;
  /** What the prompt was taken to be, and how much of it the vendor had seen before. */
  readonly promptTokens: number;
  readonly seenTokens: number;
}

const CHARACTERS_PER_TOKEN = 4;

/** Whether a person wanted the stop, or the time that they gave is over. A hand-over or a lost lease is ours, and costs only what was reported. */
export function isOwnersStop({ stopCause }: StopError): boolean {
  return stopCause === 'cancel' || stopCause === 'pause' || stopCause === 'deadline';
}

/** Vendors bill what they read and wrote until then, and most report it only at the end: what they leave out is estimated. Null: nothing was begun that we know of. */
export function usageOfStopped({ reported, heardCharacters, promptTokens, seenTokens }: StoppedCall): Usage | null {
  if (heardCharacters === null) return reported;
  const written = Math.max(1, Math.ceil(heardCharacters / CHARACTERS_PER_TOKEN));
  if (reported !== null) return reported.outputTokens >= written ? reported : { ...reported, outputTokens: written, isEstimated: true };
  const cacheReadTokens = Math.min(seenTokens, promptTokens);
  return {
    inputTokens: promptTokens - cacheReadTokens, cacheReadTokens, cacheWriteShortTokens: 0, cacheWriteLongTokens: 0, outputTokens: written, reasoningTokens: 0, raw: null, isEstimated: true,
  };
}
