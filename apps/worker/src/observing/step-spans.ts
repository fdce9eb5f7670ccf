import type { CheckRun, ToolOutcome } from '@app/agent';
import { type OpenSpan, openSpan, recordSpan } from '@app/telemetry';

/** The step that an agent's run is in, as a span. A step begins with its first model call and ends when its results are written. */
export class StepSpans {
  private current: { readonly step: number; readonly span: OpenSpan } | null = null;
  private answeredAt = Date.now();

  /** Runs work below the step that is under way, if any. */
  run<T>(work: () => T): T {
    return this.current ? this.current.span.run(work) : work();
  }

  /** A model call of a step begins; a further try belongs to the same step. */
  begin(step: number): void {
    if (this.current?.step === step) return;
    this.end();
    this.current = { step, span: openSpan('step', { 'agent.step': step }) };
  }

  /** The model has answered: from here on its tools run. */
  answered(): void {
    this.answeredAt = Date.now();
  }

  end(error?: unknown): void {
    this.current?.span.end(error);
    this.current = null;
  }

  /** Tools are told of when they are over: one after another where that fits into the time, else they ran together. */
  tools(results: readonly ToolOutcome[]): void {
    const total = results.reduce((sum, { durationMs }) => sum + durationMs, 0);
    const together = total > Date.now() - this.answeredAt + 1;
    let from = this.answeredAt;
    for (const { name, durationMs, isError } of results) {
      this.run(() => recordSpan('tool', { 'tool.name': name }, { from, to: from + durationMs }, isError ? 'the tool answered with an error' : undefined));
      if (!together) from += durationMs;
    }
  }

  checks(checks: readonly CheckRun[]): void {
    let to = Date.now();
    for (const { name, phase, status, exitCode, durationMs } of [...checks].reverse()) {
      const failure = status === 'passed' ? undefined : status;
      this.run(() => recordSpan('check', { 'check.name': name, 'check.phase': phase, 'check.exit_code': exitCode ?? undefined }, { from: to - durationMs, to }, failure));
      to -= durationMs;
    }
  }
}
