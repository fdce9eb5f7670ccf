import { AppError, type Secret } from '@app/common';
import { ModelError } from './model-error';
import { PROBE_MS, type ProbeResult } from './probe';
import { modelErrorOf } from './wire/error-mapping';

/** Where a vendor lists its models, and how it takes the key: a request that costs nothing. */
export interface ListingConnection {
  readonly name: string;
  readonly baseUrl: string;
  /** "/models" */
  readonly path: string;
  readonly auth: { readonly type: 'bearer' | 'header' | 'query'; /** Of the header or query parameter. */ readonly name: string | null };
  readonly key: Secret;
  readonly fetch?: typeof globalThis.fetch;
}

const LONGEST_ERROR = 4_000;

/**
 * Tries a key by listing the vendor's models: where no model is known that could be called, or no wire is built for it.
 * @throws {AppError} unsafe_url, when the connection's `fetch` refused the address
 */
export async function probeKey(connection: ListingConnection, timeoutMs = PROBE_MS): Promise<ProbeResult> {
  const began = performance.now();
  const error = await failureOf(connection, AbortSignal.timeout(timeoutMs), timeoutMs);
  const latencyMs = Math.round(performance.now() - began);
  return { ok: error === null, latencyMs, ttftMs: null, model: null, requestId: error?.facts.requestId ?? null, usage: null, error: error && { kind: error.kind, message: error.message } };
}

async function failureOf(connection: ListingConnection, signal: AbortSignal, timeoutMs: number): Promise<ModelError | null> {
  const provider = connection.name;
  try {
    const answer = await ask(connection, signal);
    const text = await answer.text();
    if (!answer.ok) return refusal(connection, answer, text);
    return isJson(text) ? null : new ModelError('bad_request', 'the address answers, but not with a list of models', { provider });
  } catch (error) {
    if (error instanceof AppError) throw error;
    if (signal.aborted) return new ModelError('timeout', `no answer within ${timeoutMs / 1000} s`, { provider });
    return new ModelError('network', `the connection failed${codeOf(error)}`, { provider });
  }
}

function ask({ baseUrl, path, auth, key, fetch = globalThis.fetch }: ListingConnection, signal: AbortSignal): Promise<Response> {
  const url = new URL(`${baseUrl.replace(/\/+$/, '')}${path}`);
  const headers = new Headers({ accept: 'application/json' });
  key.use((text) => {
    if (auth.type === 'query') url.searchParams.set(auth.name ?? 'key', text);
    else if (auth.type === 'header') headers.set(auth.name ?? 'x-api-key', text);
    else headers.set('authorization', `Bearer ${text}`);
  });
  // A redirect would carry the key to a host that nobody configured.
  return fetch(url.href, { headers, redirect: 'manual', signal });
}

function refusal({ name, key }: ListingConnection, answer: Response, text: string): ModelError {
  return modelErrorOf({ provider: name, codes: [], status: answer.status, headers: answer.headers, message: messageIn(text) ?? `HTTP ${answer.status}`, key }, {});
}

/** `{error: {message}}`, `{error: "…"}` or `{message}`. */
function messageIn(text: string): string | null {
  try {
    const body = JSON.parse(text.slice(0, LONGEST_ERROR)) as { error?: { message?: unknown } | string; message?: unknown } | null;
    const told = typeof body?.error === 'string' ? body.error : (body?.error?.message ?? body?.message);
    return typeof told === 'string' && told !== '' ? told : null;
  } catch {
    return null;
  }
}

function isJson(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null;
  } catch {
    return false;
  }
}

/** What happened on the wire; the text of such an error may hold the address with the key. */
function codeOf(error: unknown): string {
  for (let inner = error; inner instanceof Error; inner = inner.cause) if ('code' in inner && typeof inner.code === 'string') return `: ${inner.code}`;
  return '';
}
