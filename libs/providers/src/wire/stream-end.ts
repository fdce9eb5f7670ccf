import { ModelError } from '../model-error';
import type { Usage } from '../usage';

/** Where a stream stood when it broke. */
export interface StreamState {
  readonly provider: string;
  readonly signal: AbortSignal;
  /** Whether the vendor had begun to answer. */
  readonly hasBegun: boolean;
  readonly usage: Usage | undefined;
}

/** The error for a stream that ended without its closing event. The SDKs end an aborted stream silently, hence the look at the signal. */
export function cutStream(state: StreamState, cause?: unknown): ModelError {
  const facts = { provider: state.provider, ...(state.usage ? { usage: state.usage } : {}), ...(cause === undefined ? {} : { cause }) };
  if (state.signal.aborted) return new ModelError('aborted', 'the call was stopped', facts);
  if (state.hasBegun) return new ModelError('stream_cut', 'the answer broke off before its end', facts);
  return new ModelError('network', `the connection failed${cause instanceof Error ? `: ${reasonOf(cause)}` : ''}`, facts);
}

/** fetch says only "fetch failed"; what happened is in its cause. */
function reasonOf(error: Error): string {
  for (let inner: unknown = error; inner instanceof Error; inner = inner.cause) {
    if ('code' in inner && typeof inner.code === 'string') return inner.code;
  }
  return error.message;
}
