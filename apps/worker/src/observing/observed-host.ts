import type { AgentHost, ModelInUse } from '@app/agent';
import { ModelProvider, type ModelChunk, type ModelRequest } from '@app/providers';
import { ObservedJournal } from './observed.journal';
import type { StepSpans } from './step-spans';

/** A host whose run shows as steps: its model calls, tools and checks stand below the step that they belong to. */
export function observedHost<Host extends AgentHost>(host: Host): Host {
  const journal = new ObservedJournal(host.journal, host.model);
  return { ...host, journal, model: inSteps(host.model, journal.steps) };
}

function inSteps(model: ModelInUse, steps: StepSpans): ModelInUse {
  return { ...model, provider: new SteppedProvider(model.provider, steps), ...(model.fallbacks && { fallbacks: model.fallbacks.map((other) => inSteps(other, steps)) }) };
}

/** Calls its model inside of the step that is under way. */
class SteppedProvider extends ModelProvider {
  readonly name: string;

  constructor(
    private readonly inner: ModelProvider,
    private readonly steps: StepSpans,
  ) {
    super();
    this.name = inner.name;
  }

  async *stream(request: ModelRequest, signal: AbortSignal): AsyncIterable<ModelChunk> {
    const { steps } = this;
    const chunks = steps.run(() => this.inner.stream(request, signal)[Symbol.asyncIterator]());
    try {
      for (;;) {
        const next = await steps.run(() => chunks.next());
        if (next.done === true) return;
        yield next.value;
      }
    } finally {
      await chunks.return?.();
    }
  }
}
