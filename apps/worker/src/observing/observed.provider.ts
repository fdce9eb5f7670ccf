import { ModelError, ModelProvider, type ModelChunk, type ModelRequest, type Usage } from '@app/providers';
import { metrics, openSpan } from '@app/telemetry';

/** A provider whose calls are measured and traced. What is said in them is not: neither prompt nor answer leaves in a span. */
export class ObservedProvider extends ModelProvider {
  readonly name: string;

  constructor(private readonly inner: ModelProvider) {
    super();
    this.name = inner.name;
  }

  async *stream(request: ModelRequest, signal: AbortSignal): AsyncIterable<ModelChunk> {
    const call = new ObservedCall(this.name, request.model);
    try {
      const chunks = call.span.run(() => this.inner.stream(request, signal)[Symbol.asyncIterator]());
      for (;;) {
        const next = await call.span.run(() => chunks.next());
        if (next.done === true) break;
        call.heard(next.value);
        yield next.value;
      }
      call.over(null);
    } catch (error) {
      call.over(error);
      throw error;
    } finally {
      // Whoever listens no more, after the end or because the task was stopped, closes the stream here.
      call.over(signal.aborted ? signal.reason : null);
    }
  }
}

class ObservedCall {
  readonly span;
  private readonly began = performance.now();
  private readonly labels: { readonly provider: string; readonly model: string };
  private hasHeard = false;
  private hasEnded = false;
  private isOver = false;

  constructor(provider: string, model: string) {
    this.labels = { provider, model };
    this.span = openSpan('model call', { 'gen_ai.system': provider, 'gen_ai.request.model': model });
  }

  heard(chunk: ModelChunk): void {
    if (!this.hasHeard) metrics.modelFirstToken.observe(this.labels, this.seconds());
    this.hasHeard = true;
    if (chunk.t !== 'end') return;
    this.hasEnded = true;
    this.count(chunk.usage);
    this.span.set({ 'gen_ai.usage.input_tokens': chunk.usage.inputTokens, 'gen_ai.usage.output_tokens': chunk.usage.outputTokens, 'gen_ai.response.finish_reason': chunk.stop });
  }

  over(error: unknown): void {
    if (this.isOver) return;
    this.isOver = true;
    const kind = this.hasEnded ? null : error instanceof ModelError ? error.kind : error === null ? 'stopped' : 'aborted';
    metrics.modelCalls.observe({ ...this.labels, outcome: kind === null ? 'ok' : 'failed' }, this.seconds());
    if (kind !== null) metrics.modelErrors.add({ ...this.labels, kind });
    if (error instanceof ModelError && error.facts.usage) this.count(error.facts.usage);
    if (kind !== null) this.span.fail(kind);
    this.span.end();
  }

  private count({ inputTokens, outputTokens, cacheReadTokens, cacheWriteShortTokens, cacheWriteLongTokens }: Usage): void {
    metrics.tokens.add({ ...this.labels, kind: 'input' }, inputTokens);
    metrics.tokens.add({ ...this.labels, kind: 'output' }, outputTokens);
    metrics.tokens.add({ ...this.labels, kind: 'cache_read' }, cacheReadTokens);
    metrics.tokens.add({ ...this.labels, kind: 'cache_write' }, cacheWriteShortTokens + cacheWriteLongTokens);
  }

  private seconds(): number {
    return (performance.now() - this.began) / 1_000;
  }
}
