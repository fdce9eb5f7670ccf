// Tokens counted from the text alone, so that the same prompt always costs the same, and a cache of prompt prefixes.
import { createHash } from 'node:crypto';
import type { PromptPiece } from './conversation';

const CHARS_PER_TOKEN = 4;
/** What a vendor adds around a prompt: keeps the fresh part above 0 even when everything was cached. */
const FRAME_TOKENS = 3;
const LEAST_CACHED = 1_024;
/** OpenAI caches in steps of this size. */
const STEP = 128;

export interface PromptCount {
  readonly total: number;
  readonly read: number;
  readonly written: number;
}

export function countTokens(text: string): number {
  return Math.ceil(text.length / CHARS_PER_TOKEN);
}

interface Prefix {
  readonly tokens: number;
  readonly hash: string;
  readonly isBreakpoint: boolean;
}

/** Remembers prefixes per key and model. Counting changes nothing; `remember` is for prompts that were answered. */
export class PromptCache {
  readonly #known = new Map<string, Set<string>>();

  /** `explicit`: only marked pieces are cached; else every prefix is, in steps. */
  count(owner: string, pieces: readonly PromptPiece[], isExplicit: boolean): PromptCount {
    const prefixes = prefixesOf(pieces);
    const total = (prefixes.at(-1)?.tokens ?? 0) + FRAME_TOKENS;
    const known = this.#known.get(owner);
    const floor = (tokens: number): number => (tokens < LEAST_CACHED ? 0 : isExplicit ? tokens : tokens - (tokens % STEP));
    const read = floor(prefixes.findLast(({ hash }) => known?.has(hash))?.tokens ?? 0);
    const writable = isExplicit ? prefixes.findLast(({ isBreakpoint }) => isBreakpoint) : prefixes.at(-1);
    return { total, read, written: Math.max(0, floor(writable?.tokens ?? 0) - read) };
  }

  remember(owner: string, pieces: readonly PromptPiece[], isExplicit: boolean): void {
    const known = this.#known.get(owner) ?? new Set();
    this.#known.set(owner, known);
    for (const { hash, isBreakpoint } of prefixesOf(pieces)) if (isBreakpoint || !isExplicit) known.add(hash);
  }

  clear(): void {
    this.#known.clear();
  }
}

function prefixesOf(pieces: readonly PromptPiece[]): Prefix[] {
  let tokens = 0;
  let hash = '';
  return pieces.map(({ text, isBreakpoint }) => {
    tokens += countTokens(text);
    hash = createHash('sha256').update(hash).update(text).digest('hex');
    return { tokens, hash, isBreakpoint };
  });
}
