import { AppError } from '@app/common';
import { ModelError, type ModelErrorKind } from './model-error';
import type { ModelCapabilities, ModelChunk, ModelEnd, ModelProvider, ModelRequest } from './model-provider';
import type { Usage } from './usage';

export interface ProbeResult {
  readonly ok: boolean;
  readonly latencyMs: number;
  /** Until the first sign of life; null when there was none. */
  readonly ttftMs: number | null;
  /** Null when no model was called: the key alone was tried. */
  readonly model: string | null;
  /** The vendor's id of the answer or request, for its support. */
  readonly requestId: string | null;
  /** Null when the vendor reported none. */
  readonly usage: Usage | null;
  readonly error: { readonly kind: ModelErrorKind; readonly message: string } | null;
}

export interface ProbeOptions {
  readonly capabilities?: ModelCapabilities;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** How long a probe waits for its answer. */
export const PROBE_MS = 15_000;
const MAX_TOKENS = 16;

/**
 * One tiny real call by the same adapter, without tools or retries. Never throws a `ModelError`: the result tells.
 * @throws {AppError} unsafe_url, when the connection's `fetch` refused the address: no call was made
 */
export async function probe(provider: ModelProvider, model: string, options: ProbeOptions = {}): Promise<ProbeResult> {
  const { timeoutMs = PROBE_MS, capabilities = {} } = options;
  const deadline = AbortSignal.timeout(timeoutMs);
  const signal = options.signal ? AbortSignal.any([options.signal, deadline]) : deadline;
  const began = performance.now();
  const seen: Seen = { firstAt: null, end: null, error: null };
  await listen(provider.stream(requestFor(model, capabilities), signal), seen);
  const { firstAt, end } = seen;
  const error = failureOf(seen, options.signal, timeoutMs);
  const latencyMs = Math.round(performance.now() - began);
  return { ok: error === null, latencyMs, ttftMs: firstAt === null ? null : Math.round(firstAt - began), model, requestId: end?.responseId ?? seen.error?.facts.requestId ?? null, usage: usageOf(seen), error };
}

interface Seen {
  firstAt: number | null;
  end: ModelEnd | null;
  error: ModelError | null;
}

/** Our deadline stops a call as its caller would; only the caller's own stop is one. */
function failureOf({ error }: Seen, caller: AbortSignal | undefined, timeoutMs: number): ProbeResult['error'] {
  if (error?.kind === 'aborted' && caller?.aborted !== true) return { kind: 'timeout', message: `no answer within ${timeoutMs / 1000} s` };
  return error && { kind: error.kind, message: error.message };
}

function usageOf({ end, error }: Seen): Usage | null {
  return end?.usage ?? error?.facts.usage ?? null;
}

async function listen(stream: AsyncIterable<ModelChunk>, seen: Seen): Promise<void> {
  try {
    for await (const chunk of stream) {
      seen.firstAt ??= performance.now();
      if (chunk.t === 'end') seen.end = chunk;
    }
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    throwRefusal(error);
    seen.error = error;
  }
}

/** An address that we refuse to call is the caller's fault, not the vendor's answer. The SDKs wrap it. */
function throwRefusal(error: Error): void {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) if (cause instanceof AppError) throw cause;
}

function requestFor(model: string, capabilities: ModelCapabilities): ModelRequest {
  return {
    model,
    capabilities,
    system: '',
    messages: [{ role: 'user', parts: [{ t: 'text', text: 'Reply with OK' }] }],
    tools: [],
    maxTokens: MAX_TOKENS,
    cacheKey: 'probe',
  };
}
