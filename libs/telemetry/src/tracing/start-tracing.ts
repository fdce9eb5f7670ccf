import type { CoreConfig, TelemetryConfig } from '@app/common';
import type * as Otlp from './otlp-backend';
import { useTracingBackend } from './tracing';

let stop: (() => Promise<void>) | null = null;

/**
 * Begins to trace when a collector is set, else does nothing and loads nothing. Call it before anything requires http, pg or express: what
 * was loaded before is not traced.
 */
export function startTracing(process: string, telemetry: TelemetryConfig, core: Pick<CoreConfig, 'APP_VERSION'>): void {
  const endpoint = telemetry.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (endpoint === undefined || stop !== null) return;
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- at once, and only when it is wanted: an import would load it always, or too late
  const { openOtlp } = require('./otlp-backend') as typeof Otlp;
  const backend = openOtlp({ endpoint, headers: headersOf(telemetry), ratio: telemetry.TRACE_PERCENT / 100, service: `async-coder-${process}`, version: core.APP_VERSION });
  useTracingBackend(backend);
  stop = () => backend.stop();
}

/** Sends what waits and traces no more; gives up after `ms`, because a collector that is away must not keep a process. */
export async function stopTracing(ms: number): Promise<void> {
  const stopping = stop?.();
  stop = null;
  useTracingBackend(null);
  if (stopping) await Promise.race([stopping.catch(() => undefined), new Promise((resolve) => setTimeout(resolve, ms).unref())]);
}

function headersOf({ OTEL_EXPORTER_OTLP_HEADERS: headers }: TelemetryConfig): Record<string, string> {
  const text = headers?.use((value) => value) ?? '';
  return Object.fromEntries(text.split(',').filter(Boolean).map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]));
}
