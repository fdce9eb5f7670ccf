import { ModelError, type ModelErrorKind } from './model-error';
import type { ModelCapabilities, ModelEnd, ModelProvider, ModelRequest } from './model-provider';
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
  let ttftMs: number | null = null;
  let end: ModelEnd | null = null;
  try {
    for await (const chunk of provider.stream(requestFor(model, capabilities), signal)) {
      ttftMs ??= elapsed(began);
      if (chunk.t === 'end') end = chunk;
    }
    return { ok: true, latencyMs: elapsed(began), ttftMs, model, usage: end?.usage ?? null, error: null };
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    const isLate = error.kind === 'aborted' && options.signal?.aborted !== true;
    const told = isLate ? new ModelError('timeout', `no answer within ${timeoutMs / 1000} s`, error.facts) : error;
    return { ok: false, latencyMs: elapsed(began), ttftMs, model, usage: told.facts.usage ?? null, error: { kind: told.kind, message: told.message } };
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

function elapsed(since: number): number {
  return Math.round(performance.now() - since);
}
