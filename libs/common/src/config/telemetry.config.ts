import { IsInt, IsOptional, IsString, Matches, Max, Min } from 'class-validator';
import { Secret } from '../crypto/secret';
import { AsSecret, SecretMatches, SecretMinBytes } from './secret-setting';
import { AsInteger } from './setting';

const OTLP_HEADERS = /^[A-Za-z0-9_-]{1,64}=[^\s,]{1,1000}(,[A-Za-z0-9_-]{1,64}=[^\s,]{1,1000}){0,9}$/;

/** What operators look with: metrics, traces, and reports of errors. */
export class TelemetryConfig {
  /** Bearer token that GET /metrics asks for; at least 16 bytes. Empty: the API serves metrics on METRICS_PORT alone, and the worker on its own port without one. */
  @IsOptional() @AsSecret() @SecretMinBytes(16)
  METRICS_TOKEN?: Secret;

  /** A second port of the API that serves /metrics to those who reach it; 0 takes a free one and logs it. Empty: none. */
  @IsOptional() @IsInt() @Min(0) @Max(65_535) @AsInteger()
  METRICS_PORT?: number;

  /** Address that METRICS_PORT binds. Containers set 0.0.0.0 and keep others out with a network policy. */
  @IsString()
  METRICS_HOST = '127.0.0.1';

  /** Where traces go: root of an OpenTelemetry collector that takes OTLP over HTTP, such as http://collector:4318. Empty: nothing is traced. */
  @IsOptional()
  @Matches(/^https?:\/\/[^\s?#]+$/, { message: 'OTEL_EXPORTER_OTLP_ENDPOINT must look like http://host:4318' })
  OTEL_EXPORTER_OTLP_ENDPOINT?: string;

  /** Headers for the collector, as name=value, comma-separated; for its credential. */
  @IsOptional() @AsSecret() @SecretMatches(OTLP_HEADERS, 'must be name=value pairs, comma-separated')
  OTEL_EXPORTER_OTLP_HEADERS?: Secret;

  /** Of 100 traces, how many are kept; all spans of a task are kept or none. */
  @IsInt() @Min(0) @Max(100) @AsInteger()
  TRACE_PERCENT = 100;

  /** Where errors are reported: a DSN of Sentry or what speaks its protocol. Empty: they are in the log alone. */
  @IsOptional() @AsSecret() @SecretMatches(/^https?:\/\/[^\s@/]{1,200}@[^\s@]{1,300}\/\d{1,20}$/, 'must look like https://key@host/project')
  SENTRY_DSN?: Secret;
}
