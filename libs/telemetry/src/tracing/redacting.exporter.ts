import { redact } from '@app/common';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';

type Done = Parameters<SpanExporter['export']>[1];

/** Longer texts, statements and stacks above all, are cut. */
const MOST_CHARACTERS = 2_000;
/** Addresses carry tickets and signatures behind their question mark. */
const WITH_QUERY = /^(url\.(full|query)|http\.(url|target))$/;

/** Takes credentials out of spans before they leave the process. */
export class RedactingExporter implements SpanExporter {
  constructor(private readonly inner: SpanExporter) {}

  export(spans: ReadableSpan[], done: Done): void {
    for (const span of spans) clean(span);
    this.inner.export(spans, done);
  }

  shutdown(): Promise<void> {
    return this.inner.shutdown();
  }

  async forceFlush(): Promise<void> {
    await this.inner.forceFlush?.();
  }
}

function clean(span: ReadableSpan): void {
  cleanRecord(span.attributes);
  for (const event of span.events) if (event.attributes) cleanRecord(event.attributes);
  if (span.status.message !== undefined) span.status.message = cleanText(span.status.message);
}

function cleanRecord(record: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(record)) {
    if (typeof value === 'string') record[name] = cleanText(WITH_QUERY.test(name) ? (value.split('?', 1)[0] ?? '') : value);
    if (Array.isArray(value)) record[name] = value.map((one: unknown) => (typeof one === 'string' ? cleanText(one) : one));
  }
}

function cleanText(text: string): string {
  return redact(text).slice(0, MOST_CHARACTERS);
}
