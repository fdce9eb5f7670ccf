import type { Tx } from '@app/domain';

/** An answer as it is stored and sent: the same bytes each time. */
export interface StoredAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Serialised JSON; empty for 204. */
  readonly body: string;
}

/** A call that carries an Idempotency-Key. */
export interface IdempotentCall {
  /** Whose key it is: "u:<user id>", or "ip:<hash>" before login. */
  readonly scope: string;
  readonly key: string;
  /**
   * Stores the answer inside the transaction that does the work, so that a crash cannot come between them. A handler that does not call it
   * is covered after it returns, which leaves a small gap: enough where a unique key of the work's own stops a double.
   */
  complete(tx: Tx, answer: { status: number; body: object; headers?: Record<string, string> }): Promise<void>;
}
