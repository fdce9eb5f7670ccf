import { AppError } from '@app/common';
import { ModelError, ModelProvider, type ModelChunk, type ModelRequest } from '@app/providers';

/**
 * A provider on a customer's key: tells when the key was refused (403 is about what the key may do, other models may still take it), and ends a
 * call to an address that we refuse at once instead of trying it again.
 */
export class RefusalWatchProvider extends ModelProvider {
  readonly name: string;

  constructor(
    private readonly inner: ModelProvider,
    private readonly onRefused: (words: string) => Promise<void>,
  ) {
    super();
    this.name = inner.name;
  }

  async *stream(request: ModelRequest, signal: AbortSignal): AsyncIterable<ModelChunk> {
    try {
      yield* this.inner.stream(request, signal);
    } catch (error) {
      const refusal = refusalIn(error);
      if (refusal) throw new ModelError('bad_request', refusal.detail, { provider: this.name, cause: error });
      if (error instanceof ModelError && error.kind === 'auth' && error.facts.status !== 403) await this.onRefused(error.message);
      throw error;
    }
  }
}

/** The safe fetch's own error, wrapped by an SDK. */
function refusalIn(error: unknown): AppError | null {
  for (let cause = error; cause instanceof Error; cause = cause.cause) if (cause instanceof AppError) return cause;
  return null;
}
