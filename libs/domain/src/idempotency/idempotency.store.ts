import type { SecretBox } from '@app/common';
import { sqlChange, sqlRow, storableJson } from '../sql';
import type { Tx } from '../unit-of-work';
import { idempotencyInProgress, idempotencyMismatch } from './idempotency.errors';

/** A call that carries an Idempotency-Key. */
export interface KeyedCall {
  /** Whose key it is: "u:<user id>", or "ip:<hash>" before login. */
  readonly scope: string;
  readonly key: string;
  readonly method: string;
  readonly path: string;
  /** SHA-256 of the canonical body. */
  readonly requestHash: Buffer;
}

/** An answer as it is stored: the same bytes each time. */
export interface KeyedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** `token` proves, when completing, that nobody took the key over meanwhile. */
export type KeyedBeginning = { readonly kind: 'started'; readonly token: string } | { readonly kind: 'replay'; readonly answer: KeyedAnswer };

interface StoredKey {
  readonly method: string;
  readonly path: string;
  readonly requestHash: Buffer;
  readonly state: 'in_progress' | 'completed';
  readonly responseStatus: number | null;
  readonly responseHeaders: Record<string, string> | null;
  readonly responseBodyEnc: Buffer | null;
}

/** Longer than any request may take, so that only a key whose owner died is taken over. */
const LOCKED_SECONDS = 60;
const KEPT_HOURS = 24;

/** Answers to calls that may be repeated. Bodies are encrypted, for some carry a secret shown once. */
export class IdempotencyStore {
  /** @param box derived from the key-encryption key for this one purpose. */
  constructor(private readonly box: SecretBox) {}

  /**
   * Takes the key, or finds the answer of the call that had it. In the transaction of the fact itself a crash leaves neither; in one of
   * its own, the key stays taken until `complete`, `release`, or a minute has passed. Never waits for another call.
   * @throws {AppError} idempotency_in_progress (409 with Retry-After), idempotency_mismatch (422)
   */
  async begin(tx: Tx, call: KeyedCall): Promise<KeyedBeginning> {
    // Without it a second call would wait in the index for the first one's commit, and hold a connection meanwhile.
    const free = await sqlRow<{ locked: boolean }>(tx, `SELECT pg_try_advisory_xact_lock(hashtextextended('idempotency-' || $1::text || ':' || $2::text, 0)) AS locked`, [call.scope, call.key]);
    if (!free?.locked) throw idempotencyInProgress();
    const taken = await sqlRow<{ token: string }>(
      tx,
      `INSERT INTO idempotency_keys AS k (scope, key, method, path, request_hash, locked_until, expires_at)
       VALUES ($1, $2, $3, $4, $5, now() + make_interval(secs => $6), now() + make_interval(hours => $7))
       ON CONFLICT (scope, key) DO UPDATE SET method = EXCLUDED.method, path = EXCLUDED.path, request_hash = EXCLUDED.request_hash, state = 'in_progress',
         response_status = NULL, response_headers = NULL, response_body_enc = NULL, locked_until = EXCLUDED.locked_until, expires_at = EXCLUDED.expires_at, created_at = now()
        WHERE k.expires_at < now() OR (k.state = 'in_progress' AND k.locked_until < now()
              AND (k.method, k.path, k.request_hash) = (EXCLUDED.method, EXCLUDED.path, EXCLUDED.request_hash))
       RETURNING locked_until::text AS token`,
      [call.scope, call.key, call.method, call.path, call.requestHash, LOCKED_SECONDS, KEPT_HOURS],
    );
    if (taken) return { kind: 'started', token: taken.token };
    return { kind: 'replay', answer: await this.earlierAnswer(tx, call) };
  }

  /** Stores the answer, in the transaction of the fact. @throws {AppError} idempotency_in_progress when another call took the key over: roll back. */
  async complete(tx: Tx, { scope, key }: Pick<KeyedCall, 'scope' | 'key'>, token: string, answer: KeyedAnswer): Promise<void> {
    const changed = await sqlChange(
      tx,
      `UPDATE idempotency_keys SET state = 'completed', response_status = $4, response_headers = $5, response_body_enc = $6
        WHERE scope = $1 AND key = $2 AND state = 'in_progress' AND locked_until = $3::timestamptz`,
      [scope, key, token, answer.status, storableJson(answer.headers), this.box.seal(Buffer.from(answer.body), purposeOf(scope, key))],
    );
    if (changed === 0) throw idempotencyInProgress();
  }

  /** Frees the key of a call whose answer is not kept (5xx, 429), so that it may be tried again at once. */
  async release(tx: Tx, { scope, key }: Pick<KeyedCall, 'scope' | 'key'>, token: string): Promise<void> {
    await sqlChange(tx, `DELETE FROM idempotency_keys WHERE scope = $1 AND key = $2 AND state = 'in_progress' AND locked_until = $3::timestamptz`, [scope, key, token]);
  }

  private async earlierAnswer(tx: Tx, call: KeyedCall): Promise<KeyedAnswer> {
    const row = await sqlRow<StoredKey>(
      tx,
      'SELECT method, path, request_hash, state, response_status, response_headers, response_body_enc FROM idempotency_keys WHERE scope = $1 AND key = $2',
      [call.scope, call.key],
    );
    if (!row) throw idempotencyInProgress();
    if (row.method !== call.method || row.path !== call.path || !row.requestHash.equals(call.requestHash)) throw idempotencyMismatch();
    if (row.state === 'in_progress' || row.responseStatus === null || row.responseBodyEnc === null) throw idempotencyInProgress();
    return { status: row.responseStatus, headers: row.responseHeaders ?? {}, body: this.box.open(row.responseBodyEnc, purposeOf(call.scope, call.key)).toString('utf8') };
  }
}

/** Removes keys past their day; returns how many. Needs no key, so it is not the store's. */
export function deleteExpiredIdempotencyKeys(tx: Tx, limit: number): Promise<number> {
  return sqlChange(
    tx,
    `DELETE FROM idempotency_keys WHERE (scope, key) IN (SELECT scope, key FROM idempotency_keys WHERE expires_at < now() ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED)`,
    [limit],
  );
}

function purposeOf(scope: string, key: string): string {
  return `idempotency_keys:${scope}:${key}`;
}
