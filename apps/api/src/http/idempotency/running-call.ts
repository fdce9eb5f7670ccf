import { type AppError, INVALID_PARAMETER, VALIDATION_FAILED } from '@app/common';
import { IDEMPOTENCY_IN_PROGRESS, type IdempotencyStore, type KeyedAnswer, type KeyedCall, RENEW_SECONDS, type Tx } from '@app/domain';
import type { HandlerAnswer, IdempotentCall } from './idempotent-call';

/** A call that holds its key until its answer is stored, or the key is free again. */
export class RunningCall implements IdempotentCall {
  private stored: HandlerAnswer | null = null;

  constructor(
    private readonly call: KeyedCall,
    private readonly token: string,
    private readonly store: IdempotencyStore,
    /** Its statements stand alone. */
    private readonly manager: Tx,
  ) {}

  get scope(): string {
    return this.call.scope;
  }

  get key(): string {
    return this.call.key;
  }

  /** Until the returned function is called the key stays this call's, however long it takes; should the process die, it is soon free. */
  keepAlive(): () => void {
    const renew = (): void => {
      // In the handler's transaction the row is locked, and done anyway.
      if (this.stored === null) this.store.renew(this.manager, this.call, this.token).catch(() => undefined);
    };
    const timer = setInterval(renew, RENEW_SECONDS * 1000);
    return () => clearInterval(timer);
  }

  async complete(tx: Tx, answer: HandlerAnswer): Promise<void> {
    await this.store.complete(tx, this.call, this.token, { status: answer.status, headers: answer.headers ?? {}, body: typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body) });
    this.stored = answer;
  }

  /** After the handler: what it stored in its transaction, or else `answer`, stored now. Gives the body to send. */
  async succeeded(answer: () => KeyedAnswer, body: unknown): Promise<unknown> {
    if (this.stored) return this.stored.body;
    await this.store.complete(this.manager, this.call, this.token, answer());
    return body;
  }

  /** An error that would come again is kept; after any other the key is free, so that the call may be tried again. */
  async failed(error: AppError, answer: KeyedAnswer): Promise<void> {
    if (isKept(error)) await this.store.complete(this.manager, this.call, this.token, answer);
    else await this.store.release(this.manager, this.call, this.token);
  }
}

/** Nothing had begun when the input was refused; 429 and 5xx pass; who may call can change. */
function isKept(error: AppError): boolean {
  const { status } = error.kind;
  const isInput = error.kind === VALIDATION_FAILED || error.kind === INVALID_PARAMETER;
  return status < 500 && ![401, 403, 429].includes(status) && !isInput && error.kind !== IDEMPOTENCY_IN_PROGRESS;
}
