import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';

const FORM = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

export interface Traceparent {
  readonly text: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly flags: number;
}

const storage = new AsyncLocalStorage<string>();

/** Reads a W3C `traceparent`; null for anything that is none, so that nobody can write what they like into rows and logs. */
export function parseTraceparent(text: string | null | undefined): Traceparent | null {
  const match = FORM.exec(text ?? '');
  const [, traceId = '', spanId = '', flags = '00'] = match ?? [];
  if (!match || /^0+$/.test(traceId) || /^0+$/.test(spanId)) return null;
  return { text: match[0], traceId, spanId, flags: Number.parseInt(flags, 16) };
}

/** A trace of our own, for work that nobody told one for: correlates log lines even where no traces are exported. */
export function newTraceparent(): string {
  const bytes = randomBytes(24).toString('hex');
  return `00-${bytes.slice(0, 32)}-${bytes.slice(32)}-01`;
}

/** The `traceparent` in force without an exporter. */
export function currentTraceContext(): string | null {
  return storage.getStore() ?? null;
}

export function withTraceContext<T>(traceparent: string, work: () => T): T {
  return storage.run(traceparent, work);
}
