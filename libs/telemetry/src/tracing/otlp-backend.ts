import * as api from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { IORedisInstrumentation } from '@opentelemetry/instrumentation-ioredis';
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, ParentBasedSampler, TraceIdRatioBasedSampler, TracerProvider } from '@opentelemetry/sdk-trace';
import { ATTR_HTTP_ROUTE, ATTR_SERVICE_INSTANCE_ID, ATTR_SERVICE_NAME, ATTR_SERVICE_VERSION } from '@opentelemetry/semantic-conventions';
import { hostname } from 'node:os';
import { routeTemplate } from '../route-template';
import { AsyncContexts } from './async-contexts';
import { IncomingTraceparent } from './incoming-traceparent';
import { RedactingExporter } from './redacting.exporter';
import type { TracingBackend } from './tracing';

export interface OtlpSettings {
  /** Root of the collector; traces go to /v1/traces below it. */
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  /** 0 to 1. */
  readonly ratio: number;
  readonly service: string;
  readonly version: string;
}

export interface OtlpBackend extends TracingBackend {
  stop(): Promise<void>;
}

const EXPORT_MS = 5_000;
const GATHER_MS = 1_000;
/** Probes and scrapes come every few seconds and lead nowhere. */
const QUIET = /^\/(health|metrics)\b/;

/** Everything that traces; loaded before http, pg and express, because it can only put its hand on what is loaded after it. */
export function openOtlp(settings: OtlpSettings): OtlpBackend {
  const exporter = new OTLPTraceExporter({ url: `${settings.endpoint.replace(/\/$/, '')}/v1/traces`, headers: settings.headers, timeoutMillis: EXPORT_MS });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ [ATTR_SERVICE_NAME]: settings.service, [ATTR_SERVICE_VERSION]: settings.version, [ATTR_SERVICE_INSTANCE_ID]: `${hostname()}:${process.pid}` }),
    sampler: samplerOf(settings.ratio),
    spanProcessors: [new BatchSpanProcessor({ exporter: new RedactingExporter(exporter), scheduledDelayMillis: GATHER_MS, exportTimeoutMillis: EXPORT_MS })],
  });
  api.context.setGlobalContextManager(new AsyncContexts());
  api.propagation.setGlobalPropagator(new IncomingTraceparent());
  api.trace.setGlobalTracerProvider(provider);
  instrument();
  return { api, tracer: provider.getTracer('async-coder', settings.version), stop: () => provider.shutdown() };
}

/** By the id of the trace alone: both processes come to the same answer, and a caller's flag changes nothing. */
function samplerOf(ratio: number): ParentBasedSampler {
  const byId = new TraceIdRatioBasedSampler(ratio);
  return new ParentBasedSampler({ root: byId, remoteParentSampled: byId, remoteParentNotSampled: byId });
}

/** Each hooks itself in when it is made. What polls (the queue on PostgreSQL, sweepers) has no parent and makes no span. */
function instrument(): void {
  new HttpInstrumentation({ ignoreIncomingRequestHook: (request) => QUIET.test(request.url ?? ''), requireParentforOutgoingSpans: true, applyCustomAttributesOnSpan: nameByRoute });
  new PgInstrumentation({ requireParentSpan: true, ignoreConnectSpans: true });
  new IORedisInstrumentation({ requireParentSpan: true });
  new UndiciInstrumentation({ requireParentforSpans: true });
}

/** The span of a request is named when its answer is over: only then its route is known. */
function nameByRoute(span: api.Span, request: { readonly method?: string }): void {
  const route = routeTemplate(request);
  if (route !== null) span.updateName(`${request.method ?? 'GET'} ${route}`).setAttribute(ATTR_HTTP_ROUTE, route);
}
