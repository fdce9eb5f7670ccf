import { AsyncLocalStorage } from 'node:async_hooks';

/** Ids that every log line of a piece of work carries. */
export interface LogContext {
  readonly requestId?: string;
  readonly userId?: string;
  readonly organizationId?: string;
  readonly jobId?: string;
  readonly taskId?: string;
  readonly attemptId?: string;
  /** Of the trace that the work belongs to, whether or not traces are exported. */
  readonly traceId?: string;
}

const storage = new AsyncLocalStorage<LogContext>();

/** Runs `work`; log lines written inside carry the ids, on top of those already in force. */
export function withLogContext<T>(ids: LogContext, work: () => T): T {
  return storage.run({ ...storage.getStore(), ...ids }, work);
}

/** Adds ids that became known while the work runs: every later line of the same work carries them. */
export function addLogContext(ids: LogContext): void {
  const known = storage.getStore();
  if (known) Object.assign(known, ids);
}

/** The ids in force here. */
export function logContext(): LogContext {
  return storage.getStore() ?? {};
}
