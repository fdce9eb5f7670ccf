import type { Tx } from '@app/domain';

/** What a handler answers, for storing it in its own transaction. */
export interface HandlerAnswer {
  readonly status: number;
  /** A text is JSON already. */
  readonly body: object | string;
  /** Headers that a repeated call gets too: Location, ETag. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A call that carries an Idempotency-Key. */
export interface IdempotentCall {
  /** Whose key it is: "u:<user id>", or "ip:<hash>" before login. */
  readonly scope: string;
  readonly key: string;
  /**
   * Stores the answer inside the transaction that does the work, so that a crash cannot come between them. A handler that does not call it
   * is covered after it returns, which leaves a small gap: enough where a unique key of the work's own stops a double.
   * @throws {AppError} idempotency_in_progress when the call took so long that another took the key over: roll back.
   */
  complete(tx: Tx, answer: HandlerAnswer): Promise<void>;
}
