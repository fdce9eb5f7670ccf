import type { SecretBox } from '@app/common';
import type { EntityManager } from 'typeorm';
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

interface Attempted {
  readonly locked: boolean;
  readonly token: string | null;
  readonly method: string | null;
  readonly path: string;
  readonly requestHash: Buffer;
  readonly state: 'in_progress' | 'completed';
  readonly responseStatus: number | null;
  readonly responseHeaders: Record<string, string> | null;
  readonly responseBodyEnc: Buffer | null;
}

type OwnedKey = Pick<KeyedCall, 'scope' | 'key'>;

/** How often a running call says that it lives; the key of one that died is free after three times that. */
export const RENEW_SECONDS = 5;
const LOCKED_SECONDS = 15;
const KEPT_HOURS = 24;

/** Answers to calls that may be repeated. Bodies are encrypted, for some carry a secret shown once. */
export class IdempotencyStore {
  /**
   * @param box derived from the key-encryption key for this one purpose
   * @param previous likewise from the key before it, while keys are being changed: answers of the last day still open
   */
  constructor(
    private readonly box: SecretBox,
    private readonly previous: SecretBox | null = null,
  ) {}

  /**
   * Takes the key, or finds the answer of the call that had it, in one statement. In the transaction of the fact itself a crash leaves neither;
   * on its own, the key stays taken until `complete`, `release`, or 15 s without `renew`. Never waits for another call.
   * @throws {AppError} idempotency_in_progress (409 with Retry-After), idempotency_mismatch (422)
   */
  async begin(manager: EntityManager, call: KeyedCall): Promise<KeyedBeginning> {
    // Without the lock a second call would wait in the index for the first one's commit, and hold a connection meanwhile.
    const row = await sqlRow<Attempted>(
      manager,
      `WITH free AS MATERIALIZED (SELECT pg_try_advisory_xact_lock(hashtextextended('idempotency-' || $1::text || ':' || $2::text, 0)) AS locked),
       taken AS (
         INSERT INTO idempotency_keys AS k (scope, key, method, path, request_hash, locked_until, expires_at, created_at)
         SELECT $1::text, $2::text, $3::text, $4::text, $5::bytea, now() + make_interval(secs => $6::int), now() + make_interval(hours => $7::int), clock_timestamp() FROM free WHERE locked
         ON CONFLICT (scope, key) DO UPDATE SET method = EXCLUDED.method, path = EXCLUDED.path, request_hash = EXCLUDED.request_hash, state = 'in_progress',
           response_status = NULL, response_headers = NULL, response_body_enc = NULL, locked_until = EXCLUDED.locked_until, expires_at = EXCLUDED.expires_at, created_at = EXCLUDED.created_at
          WHERE k.expires_at < now() OR (k.state = 'in_progress' AND k.locked_until < now()
                AND (k.method, k.path, k.request_hash) = (EXCLUDED.method, EXCLUDED.path, EXCLUDED.request_hash))
         RETURNING created_at::text AS token)
       SELECT free.locked, taken.token, e.method, e.path, e.request_hash, e.state, e.response_status, e.response_headers, e.response_body_enc
         FROM free LEFT JOIN taken ON true LEFT JOIN idempotency_keys e ON taken.token IS NULL AND e.scope = $1 AND e.key = $2`,
      [call.scope, call.key, call.method, call.path, call.requestHash, LOCKED_SECONDS, KEPT_HOURS],
    );
    if (typeof row?.token === 'string') return { kind: 'started', token: row.token };
    return { kind: 'replay', answer: this.earlierAnswer(row, call) };
  }

  /** Says that the call still runs. */
  async renew(manager: EntityManager, { scope, key }: OwnedKey, token: string): Promise<void> {
    await sqlChange(
      manager,
      `UPDATE idempotency_keys SET locked_until = now() + make_interval(secs => $4::int) WHERE scope = $1 AND key = $2 AND state = 'in_progress' AND created_at = $3::timestamptz`,
      [scope, key, token, LOCKED_SECONDS],
    );
  }

  /** Stores the answer, in the transaction of the fact. @throws {AppError} idempotency_in_progress when another call took the key over: roll back. */
  async complete(manager: EntityManager, { scope, key }: OwnedKey, token: string, answer: KeyedAnswer): Promise<void> {
    const changed = await sqlChange(
      manager,
      `UPDATE idempotency_keys SET state = 'completed', response_status = $4, response_headers = $5, response_body_enc = $6
        WHERE scope = $1 AND key = $2 AND state = 'in_progress' AND created_at = $3::timestamptz`,
      [scope, key, token, answer.status, storableJson(answer.headers), this.box.seal(Buffer.from(answer.body), purposeOf(scope, key))],
    );
    if (changed === 0) throw idempotencyInProgress();
  }

  /** Frees the key of a call whose answer is not kept (5xx, 429), so that it may be tried again at once. */
  async release(manager: EntityManager, { scope, key }: OwnedKey, token: string): Promise<void> {
    await sqlChange(manager, `DELETE FROM idempotency_keys WHERE scope = $1 AND key = $2 AND state = 'in_progress' AND created_at = $3::timestamptz`, [scope, key, token]);
  }

  private earlierAnswer(row: Attempted | null, call: KeyedCall): KeyedAnswer {
    if (!row || row.method === null) throw idempotencyInProgress();
    if (row.method !== call.method || row.path !== call.path || !row.requestHash.equals(call.requestHash)) throw idempotencyMismatch();
    if (row.state === 'in_progress' || row.responseStatus === null || row.responseBodyEnc === null) throw idempotencyInProgress();
    return { status: row.responseStatus, headers: row.responseHeaders ?? {}, body: this.open(row.responseBodyEnc, purposeOf(call.scope, call.key)) };
  }

  private open(sealed: Buffer, purpose: string): string {
    try {
      return this.box.open(sealed, purpose).toString('utf8');
    } catch (error) {
      if (!this.previous) throw error;
      return this.previous.open(sealed, purpose).toString('utf8');
    }
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
