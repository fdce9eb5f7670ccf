import { Journal, type AgentOutcome, type CallGrant, type JournalEntry, type ModelInUse, type Verification } from '@app/agent';
import { metrics } from '@app/telemetry';
import { StepSpans } from './step-spans';

type Call<Method extends 'requestModel' | 'completeModel' | 'failModel' | 'completeStep'> = Parameters<Journal[Method]>[0];

/** Counts and traces what a run writes down, and writes it down as before. */
export class ObservedJournal extends Journal {
  readonly steps = new StepSpans();
  private called: ModelInUse;

  constructor(
    private readonly inner: Journal,
    private readonly model: ModelInUse,
  ) {
    super();
    this.called = model;
  }

  load(): Promise<JournalEntry[]> {
    return this.inner.load();
  }

  async requestModel(request: Call<'requestModel'>): Promise<CallGrant> {
    this.called = [this.model, ...(this.model.fallbacks ?? [])].find(({ name, model }) => (name ?? model) === request.model) ?? this.model;
    this.steps.begin(request.step);
    const grant = await this.steps.run(() => this.inner.requestModel(request));
    if (!grant.granted) metrics.creditRefusals.add({ reason: grant.reason });
    return grant;
  }

  async completeModel(call: Call<'completeModel'>): Promise<{ creditsMicro: bigint }> {
    const charged = await this.steps.run(() => this.inner.completeModel(call));
    this.steps.answered();
    metrics.credits.add({ provider: this.called.provider.name, model: this.called.model }, Number(charged.creditsMicro));
    return charged;
  }

  async failModel(call: Call<'failModel'>): Promise<void> {
    if (call.waitMs !== null) metrics.modelRetries.add({ provider: this.called.provider.name, model: this.called.model });
    await this.steps.run(() => this.inner.failModel(call));
  }

  async completeStep(step: Call<'completeStep'>): Promise<void> {
    this.steps.tools(step.results);
    for (const { name, isError, durationMs } of step.results) metrics.tools.observe({ tool: name, outcome: isError ? 'failed' : 'ok' }, durationMs / 1_000);
    await this.steps.run(() => this.inner.completeStep(step));
    metrics.steps.add({});
    this.steps.end();
  }

  nudge(text: string): Promise<void> {
    return this.inner.nudge(text);
  }

  async verified(phase: 'base' | 'head', verification: Verification): Promise<void> {
    this.steps.checks(verification.checks);
    for (const check of verification.checks) metrics.checks.observe({ phase, outcome: check.status }, check.durationMs / 1_000);
    await this.inner.verified(phase, verification);
  }

  compacted(upToSeq: number, summary: string): Promise<void> {
    return this.inner.compacted(upToSeq, summary);
  }

  async finish(outcome: AgentOutcome): Promise<void> {
    this.steps.end();
    await this.inner.finish(outcome);
  }

  delta(kind: 'text' | 'think', text: string): void {
    this.inner.delta(kind, text);
  }
}
