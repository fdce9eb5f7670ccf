import { ModelError, type ModelErrorKind } from './model-error';
import type { ModelCapabilities, ModelChunk, ModelEnd, ModelProvider, ModelRequest } from './model-provider';
import type { Usage } from './usage';

export interface ProbeResult {
  readonly ok: boolean;
  readonly latencyMs: number;
  /** Until the first sign of life; null when there was none. */
  readonly ttftMs: number | null;
  readonly model: string;
  /** Null when the vendor reported none. */
  readonly usage: Usage | null;
  readonly error: { readonly kind: ModelErrorKind; readonly message: string } | null;
}

export interface ProbeOptions {
  readonly capabilities?: ModelCapabilities;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

const MAX_TOKENS = 16;

/** One tiny real call by the same adapter, without tools or retries. Never throws a `ModelError`: the result tells. */
export async function probe(provider: ModelProvider, model: string, options: ProbeOptions = {}): Promise<ProbeResult> {
  const { timeoutMs = 15_000, capabilities = {} } = options;
  const deadline = AbortSignal.timeout(timeoutMs);
  const signal = options.signal ? AbortSignal.any([options.signal, deadline]) : deadline;
  const began = performance.now();
  const seen: Seen = { firstAt: null, end: null, error: null };
  await listen(provider.stream(requestFor(model, capabilities), signal), seen);
  const isLate = seen.error?.kind === 'aborted' && options.signal?.aborted !== true;
  const error = isLate ? { kind: 'timeout' as const, message: `no answer within ${timeoutMs / 1000} s` } : seen.error;
  const ttftMs = seen.firstAt === null ? null : Math.round(seen.firstAt - began);
  return { ok: error === null, latencyMs: Math.round(performance.now() - began), ttftMs, model, usage: usageOf(seen), error: error && { kind: error.kind, message: error.message } };
}

interface Seen {
  firstAt: number | null;
  end: ModelEnd | null;
  error: ModelError | null;
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
    seen.error = error;
  }
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
