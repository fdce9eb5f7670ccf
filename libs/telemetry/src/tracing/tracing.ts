import type { Span, Tracer } from '@opentelemetry/api';
import { currentTraceContext, parseTraceparent, withTraceContext } from './trace-context';

export type SpanAttributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** What work may tell about itself while its span runs. */
export interface RunningSpan {
  set(attributes: SpanAttributes): void;
  /** Marks it as failed, where the failure is a result and not an exception. */
  fail(message: string): void;
}

/** What is there when traces are exported; loaded only then. */
export interface TracingBackend {
  readonly tracer: Tracer;
  readonly api: typeof import('@opentelemetry/api');
}

/** A span that ends elsewhere than where it begins. */
export interface OpenSpan extends RunningSpan {
  /** Runs work with this span as the current one. */
  run<T>(work: () => T): T;
  end(error?: unknown): void;
}

const NO_SPAN: OpenSpan = { set: () => undefined, fail: () => undefined, run: (work) => work(), end: () => undefined };
let backend: TracingBackend | null = null;

/** Called by `startTracing` alone. */
export function useTracingBackend(started: TracingBackend | null): void {
  backend = started;
}

/** Whether spans are recorded at all. */
export function isTracing(): boolean {
  return backend !== null;
}

/** Runs `work` as a span below the current one; an exception marks it as failed. Without an exporter it is only the call. */
export async function inSpan<T>(name: string, attributes: SpanAttributes, work: (span: RunningSpan) => Promise<T> | T): Promise<T> {
  if (backend === null) return work(NO_SPAN);
  const span = openSpan(name, attributes);
  try {
    const result = await span.run(() => work(span));
    span.end();
    return result;
  } catch (error) {
    span.end(error ?? new Error('failed'));
    throw error;
  }
}

/** Begins a span below the current one. Whoever opens it ends it; ending it twice is once. */
export function openSpan(name: string, attributes: SpanAttributes): OpenSpan {
  if (backend === null) return NO_SPAN;
  const { tracer, api } = backend;
  const span = tracer.startSpan(name, { attributes: defined(attributes) });
  const context = api.trace.setSpan(api.context.active(), span);
  let isOver = false;
  return {
    ...running(span, api),
    run: (work) => api.context.with(context, work),
    end: (error) => {
      if (isOver) return;
      isOver = true;
      if (error !== undefined) markFailed(span, error, api);
      span.end();
    },
  };
}

/** A span of work that is over; times in milliseconds since 1970. */
export function recordSpan(name: string, attributes: SpanAttributes, times: { from: number; to: number }, failure?: string): void {
  if (backend === null) return;
  const { tracer, api } = backend;
  const span = tracer.startSpan(name, { attributes: defined(attributes), startTime: times.from });
  if (failure !== undefined) span.setStatus({ code: api.SpanStatusCode.ERROR, message: failure });
  span.end(Math.max(times.from, times.to));
}

/** The W3C `traceparent` that later work belongs under; with it a row can carry the trace to another process. */
export function currentTraceparent(): string | null {
  const context = currentSpanContext();
  if (context !== null) return `00-${context.traceId}-${context.spanId}-${(context.traceFlags & 1).toString().padStart(2, '0')}`;
  return currentTraceContext();
}

/** The id of the trace that this work belongs to, for log lines. */
export function currentTraceId(): string | null {
  return currentTraceparent()?.split('-')[1] ?? null;
}

/** Runs `work` as part of a trace that began elsewhere; without a valid `traceparent` it is only the call. */
export function continueTrace<T>(traceparent: string | null | undefined, work: () => T): T {
  const parent = parseTraceparent(traceparent);
  if (parent === null) return work();
  if (backend === null) return withTraceContext(parent.text, work);
  const { api } = backend;
  const remote = api.trace.setSpanContext(api.ROOT_CONTEXT, { traceId: parent.traceId, spanId: parent.spanId, traceFlags: parent.flags, isRemote: true });
  return withTraceContext(parent.text, () => api.context.with(remote, work));
}

function currentSpanContext(): { traceId: string; spanId: string; traceFlags: number } | null {
  const context = backend?.api.trace.getActiveSpan()?.spanContext();
  return context && backend?.api.isSpanContextValid(context) ? context : null;
}

function running(span: Span, api: TracingBackend['api']): RunningSpan {
  return {
    set: (attributes) => void span.setAttributes(defined(attributes)),
    fail: (message) => void span.setStatus({ code: api.SpanStatusCode.ERROR, message }),
  };
}

function markFailed(span: Span, error: unknown, api: TracingBackend['api']): void {
  const known = error instanceof Error ? error : new Error(String(error));
  span.recordException(known);
  span.setStatus({ code: api.SpanStatusCode.ERROR, message: known.message });
}

function defined(attributes: SpanAttributes): Record<string, string | number | boolean> {
  return Object.fromEntries(Object.entries(attributes).filter((entry): entry is [string, string | number | boolean] => entry[1] !== undefined));
}
