import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

/** One span as it arrived. */
export interface ReceivedSpan {
  readonly service: string;
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly failed: boolean;
  readonly attributes: Readonly<Record<string, unknown>>;
}

interface Attribute {
  readonly key: string;
  readonly value: { readonly stringValue?: string; readonly intValue?: number; readonly doubleValue?: number; readonly boolValue?: boolean };
}

interface Payload {
  readonly resourceSpans?: readonly {
    readonly resource?: { readonly attributes?: readonly Attribute[] };
    readonly scopeSpans?: readonly { readonly spans?: readonly { readonly traceId: string; readonly spanId: string; readonly parentSpanId?: string; readonly name: string; readonly status?: { readonly code?: number }; readonly attributes?: readonly Attribute[] }[] }[];
  }[];
}

/** A collector of OpenTelemetry: takes traces over OTLP/HTTP as JSON and keeps them. */
export class OtlpCollector {
  readonly spans: ReceivedSpan[] = [];
  /** Everything that arrived, for what must not be in it. */
  raw = '';
  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(): Promise<OtlpCollector> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const collector = new OtlpCollector(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    server.on('request', (request: IncomingMessage, response: ServerResponse) => void collector.take(request, response));
    return collector;
  }

  /** The spans of one trace. */
  of(traceId: string): ReceivedSpan[] {
    return this.spans.filter((span) => span.traceId === traceId);
  }

  /** Waits until a trace holds what is wanted; processes send what they have once a second. */
  async until(traceId: string, isThere: (spans: readonly ReceivedSpan[]) => boolean, ms = 20_000): Promise<ReceivedSpan[]> {
    const end = Date.now() + ms;
    while (!isThere(this.of(traceId))) {
      if (Date.now() > end) throw new Error(`trace ${traceId} has only: ${this.of(traceId).map(({ service, name }) => `${service} ${name}`).join(', ')}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return this.of(traceId);
  }

  stop(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = Buffer.concat(parts);
    const text = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString('utf8');
    if (request.method !== 'POST' || request.url !== '/v1/traces' || !request.headers['content-type']?.startsWith('application/json')) {
      response.writeHead(400).end();
      return;
    }
    this.raw += text;
    this.spans.push(...read(JSON.parse(text) as Payload));
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  }
}

function read({ resourceSpans = [] }: Payload): ReceivedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans = [] }) => {
    const service = String(valuesOf(resource?.attributes)['service.name']);
    return scopeSpans.flatMap(({ spans = [] }) => spans.map(({ traceId, spanId, parentSpanId = '', name, status, attributes }) => ({ service, name, traceId, spanId, parentSpanId, failed: status?.code === 2, attributes: valuesOf(attributes) })));
  });
}

function valuesOf(attributes: readonly Attribute[] = []): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue ?? value.doubleValue ?? value.boolValue]));
}
