import type { JsonWebKey } from 'node:crypto';
import type { Clock, Logger } from '@app/common';

export type KeySet = ReadonlyMap<string, JsonWebKey>;

/** A key is used for so long without asking again: a key that was removed is refused this much later at the most. */
const FRESH_MS = 10 * 60_000;
/** While the key set cannot be fetched, known keys go on for so long. */
const STALE_MS = 24 * 3_600_000;
/** Between two fetches, whoever asks for whatever key: tokens with made-up key ids cost one fetch, not one each. */
const COOL_DOWN_MS = 30_000;

/**
 * Clerk's public keys. The SDK's own cache is not used: it forgets every key as soon as a fetch fails after its five minutes, keeps a removed
 * key while others are added, and fetches once per unknown key id.
 */
export class FetchedKeys {
  private keys: KeySet = new Map();
  private fetchedAt = -Infinity;
  private triedAt = -Infinity;
  private isAway = false;
  private running: Promise<void> | null = null;

  constructor(
    private readonly fetchKeys: () => Promise<KeySet>,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /** The key of this id; null: there is none, or none that is still to be believed. */
  async find(kid: string): Promise<JsonWebKey | null> {
    if (this.usable(kid, FRESH_MS)) return this.usable(kid, FRESH_MS);
    const fetched = this.fetch();
    // While Clerk is away nobody whose key is known waits for one more try.
    if (this.isAway && this.usable(kid, STALE_MS)) return this.usable(kid, STALE_MS);
    await fetched;
    return this.usable(kid, STALE_MS);
  }

  private usable(kid: string, mostMs: number): JsonWebKey | null {
    return this.clock.monotonicMs() - this.fetchedAt < mostMs ? (this.keys.get(kid) ?? null) : null;
  }

  /** Never rejects. All who ask at once share one fetch. */
  private fetch(): Promise<void> {
    if (this.running) return this.running;
    const now = this.clock.monotonicMs();
    if (now - this.triedAt < COOL_DOWN_MS) return Promise.resolve();
    this.triedAt = now;
    this.running = this.fetchKeys()
      .then(
        (keys) => {
          this.keys = keys;
          this.fetchedAt = now;
          this.isAway = false;
        },
        (error: unknown) => {
          this.isAway = true;
          this.logger.warn('the key set of Clerk could not be fetched; known keys go on', { keys: this.keys.size, err: error });
        },
      )
      .finally(() => (this.running = null));
    return this.running;
  }
}
