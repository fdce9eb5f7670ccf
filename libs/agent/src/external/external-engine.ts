import { StopError } from '@app/common';
import { AgentEngine } from '../engine';
import type { AgentHost } from '../host';
import type { AgentOutcome, CheckRun, ToolOutcome, Verification } from '../journal';
import { writtenOut } from '../loop/guards';
import { ModelCaller } from '../loop/model-caller';
import { Recorder } from '../loop/recorder';
import type { LoopOptions } from '../loop/agent-loop';
import { MODES } from '../modes';
import type { Acceptance, Mode } from '../modes/mode';
import { openingTurn } from '../prompts/opening';
import { refusalText } from '../prompts/reminders';
import { printable } from '../text/printable';
import { tailOf } from '../text/shorten';
import { discoverChecks } from '../verify/discover';
import { ownExamNote } from '../verify/own-exam';
import { planOf, Verifier, withRuns } from '../verify/verifier';
import type { ExecResult } from '../workspace';
import type { AgentRunner } from './agent-runner';
import type { ExternalAgent } from './external-agent';
import { handedIn } from './handed-in';
import { ModelGate } from './model-gate';
import { untoldMessages, toldIn } from './told-messages';
import { turnMessage } from './turn-message';

/** Turns of one run: the first, and those that mend what the platform found. */
const MOST_TURNS = 6;
const MAX_OUTPUT_BYTES = 1024 * 1024;
const SHOWN_CHARACTERS = 4_000;
/** An agent that is refused its model gets this long to end by itself. */
const GRACE_MS = 10_000;

/** A program of somebody else in place of our loop: one step is one whole turn of it. What it changed is judged and delivered as our own work is. */
export class ExternalEngine extends AgentEngine {
  constructor(
    private readonly agent: ExternalAgent,
    private readonly runner: AgentRunner,
    private readonly options: LoopOptions = {},
  ) {
    super();
  }

  async run(host: AgentHost): Promise<AgentOutcome> {
    const recorder = await Recorder.open(host.journal);
    const { outcome } = recorder.state;
    if (outcome?.kind === 'submitted' || outcome?.kind === 'question') return outcome;
    const callsBefore = await callsOfThisRun(host);
    return new ExternalRun({ host, recorder, agent: this.agent, runner: this.runner, options: this.options, callsBefore }).untilEnd();
  }
}

interface RunParts {
  readonly host: AgentHost;
  readonly recorder: Recorder;
  readonly agent: ExternalAgent;
  readonly runner: AgentRunner;
  readonly options: LoopOptions;
  /** Calls that lost attempts of this run made. */
  readonly callsBefore: number;
}

/** How one turn went. */
interface Turn {
  readonly gate: ModelGate;
  readonly result: ExecResult;
  /** Messages of the user that it was told. */
  readonly told: readonly string[];
  readonly wasStopped: boolean;
}

class ExternalRun {
  readonly #mode: Mode;
  readonly #verifier: Verifier;
  readonly #caller: ModelCaller;
  #calls: number;

  constructor(private readonly parts: RunParts) {
    const { host, recorder, options, callsBefore } = parts;
    const { task, model, workspace, clock, secrets = [], signal } = host;
    this.#mode = MODES[task.mode];
    this.#verifier = new Verifier({ workspace, clock, deadline: task.deadline, signal, secrets });
    this.#caller = new ModelCaller({ recorder, model, clock, signal, retry: options.retry ?? {} });
    this.#calls = callsBefore;
  }

  async untilEnd(): Promise<AgentOutcome> {
    for (;;) {
      this.parts.host.signal.throwIfAborted();
      const outcome = this.#guard() ?? null;
      if (outcome !== null) return this.parts.recorder.finish(outcome);
      const ended = await this.#afterTurn(await this.#turn());
      if (ended !== null) return ended;
    }
  }

  #guard(): AgentOutcome | null {
    const { host, recorder, agent } = this.parts;
    if (host.clock.now().getTime() >= host.task.deadline) return { kind: 'timed_out' };
    if (this.#callsLeft() <= 0) return { kind: 'paused', reason: 'step_limit' };
    const spent = writtenOut(recorder.state.run.outputTokens, host.task.maxOutputTokens ?? null);
    if (spent !== null) return spent;
    return recorder.state.run.steps >= MOST_TURNS ? { kind: 'failed', code: 'stuck', message: `${agent.slug} did not come to an end in ${MOST_TURNS} turns.` } : null;
  }

  async #turn(): Promise<Turn> {
    const { host, recorder, agent, runner } = this.parts;
    const { task, model, clock } = host;
    const mode = this.#mode;
    const { message, told } = await this.#message();
    const limits = { calls: this.#callsLeft(), deadline: task.deadline, outputTokens: task.maxOutputTokens ?? null, written: () => recorder.state.run.outputTokens };
    const gate = new ModelGate({ model, caller: this.#caller, clock, effort: mode.effort, cacheKey: task.id, limits });
    const stop = stopAfter(gate.ended, host.signal);
    const timeoutMs = Math.max(1_000, task.deadline - clock.now().getTime());
    const { contextWindow, maxOutputTokens } = model;
    try {
      const result = await runner.run(
        {
          agent, gate, timeoutMs, maxOutputBytes: MAX_OUTPUT_BYTES,
          command: (door) => agent.command({ door, model: gate.modelName, contextWindow, maxOutputTokens, readsOnly: mode.writablePaths.length === 0, message }),
        },
        stop.signal,
      );
      return { gate, result, told, wasStopped: false };
    } catch (error) {
      if (!stop.signal.aborted) throw error;
      return { gate, told, wasStopped: true, result: { exitCode: null, output: '', outputBytes: 0, truncated: false, durationMs: 0, killed: null } };
    } finally {
      stop.dispose();
      this.#calls += gate.calls;
    }
  }

  async #message(): Promise<{ message: string; told: string[] }> {
    const { host, recorder } = this.parts;
    const { task, workspace, secrets = [] } = host;
    const mode = this.#mode;
    const baseline = mode.runsChecks ? await this.#baseline() : null;
    const opening = await openingTurn({ task, mode, base: workspace.base, baseline, secrets, signal: host.signal });
    const untold = untoldMessages(await host.journal.load(), this.parts.agent.slug);
    const words = untold.map(({ content }) => content).filter((content) => content.trim() !== task.prompt.trim());
    const { steps, remindersSinceStep } = recorder.state.run;
    const message = turnMessage({ mode, opening, since: [...remindersSinceStep, ...words], isLater: steps > 0 || recorder.state.lastStep > 0 });
    return { message: printable(message, secrets), told: untold.map(({ id }) => id) };
  }

  async #baseline(): Promise<Verification> {
    const { host, recorder } = this.parts;
    const known = recorder.state.baseline;
    if (known !== null) return known;
    const found = await this.#verifier.onBase(await discoverChecks(host.task, host.workspace.base));
    await recorder.verified('base', found);
    return found;
  }

  /** The record of a turn, and the end of the run where it has one. Lost to a stop is only what is worth nothing: a pause and a shutdown keep the work. */
  async #afterTurn(turn: Turn): Promise<AgentOutcome | null> {
    const { host } = this.parts;
    const reason: unknown = host.signal.aborted ? host.signal.reason : undefined;
    if (reason !== undefined) {
      if (reason instanceof StopError && (reason.stopCause === 'pause' || reason.stopCause === 'shutdown')) await this.#record(turn, null);
      throw reason as Error;
    }
    const { end } = turn.gate;
    if (end !== null && 'error' in end) throw end.error;
    if (end !== null) return this.#record(turn, end.outcome);
    const broken = this.#failureOf(turn);
    if (broken !== null) return this.#record(turn, broken);
    return this.#handIn(turn);
  }

  /** Why a turn that gave no answer and no change failed; null: it did not. */
  #failureOf({ gate, result }: Turn): AgentOutcome | null {
    const { agent } = this.parts;
    if (result.killed === 'timeout') return { kind: 'timed_out' };
    if (result.killed !== null) return { kind: 'failed', code: 'incomplete', message: `${agent.slug} was ended: it used too much ${result.killed}.` };
    if (gate.said !== null) return null;
    const { lastFault } = gate;
    if (lastFault?.kind === 'context_overflow') return { kind: 'failed', code: 'prompt_too_long', message: 'The conversation does not fit into the model\'s context window.' };
    if (lastFault?.kind === 'refusal') return { kind: 'failed', code: 'refused', message: 'The model declined the task.' };
    if (lastFault) return { kind: 'failed', code: 'provider_unavailable', message: `The provider refused the request: ${this.#shown(lastFault.message)}` };
    return { kind: 'failed', code: 'incomplete', message: `${agent.slug} ended (exit code ${result.exitCode ?? 'none'}) without a word of its model. Its output is in the task's log.` };
  }

  /** The mode's gate, as in our own loop. The tree is saved before it: what the checks leave behind is not part of the work. */
  async #handIn(turn: Turn): Promise<AgentOutcome | null> {
    const { host, recorder, agent } = this.parts;
    const untold = untoldMessages(await host.journal.load(), agent.slug).filter(({ id }) => !turn.told.includes(id));
    if (untold.length > 0) return this.#record(turn, null);
    const checkpoint = await host.workspace.checkpoint(recorder.state.lastStep + 1);
    const verdict = await this.#accept(turn);
    if (verdict.accepted) return this.#record(turn, verdict.outcome, checkpoint);
    await this.#record(turn, null);
    await recorder.nudge(refusalText(verdict.code, verdict.reason));
    return null;
  }

  #accept({ gate, result }: Turn): Promise<Acceptance> {
    const { host, recorder, agent } = this.parts;
    const { task, workspace } = host;
    const { baseline, run } = recorder.state;
    const submission = handedIn(printable(agent.answer(result.output) ?? gate.said ?? '', host.secrets), this.#mode, task.prompt);
    return this.#mode.accept(submission, {
      task, workspace, baseline, refusals: (code) => run.refusals[code] ?? 0, verify: (others) => this.#verify(others), run: (check, phase, tree) => this.#verifier.run(check, phase, tree),
    });
  }

  async #verify(others: readonly CheckRun[] = []): Promise<Verification> {
    const { host, recorder } = this.parts;
    const baseline = await this.#baseline();
    const plan = planOf(baseline);
    const note = await ownExamNote(plan.source, (await host.workspace.diff()).files, host.workspace);
    const verification = withRuns(await this.#verifier.onHead(plan, baseline, note), others);
    await recorder.verified('head', verification);
    return verification;
  }

  async #record(turn: Turn, outcome: AgentOutcome | null, checkpoint?: Awaited<ReturnType<AgentHost['workspace']['checkpoint']>>): Promise<AgentOutcome | null> {
    const { host, recorder } = this.parts;
    const step = recorder.state.lastStep + 1;
    return recorder.completeStep({ step, results: [this.#resultOf(turn, step)], checkpoint: checkpoint ?? (await host.workspace.checkpoint(step)), todo: null, outcome });
  }

  #resultOf({ result, gate, told, wasStopped }: Turn, step: number): ToolOutcome {
    const { agent } = this.parts;
    const output = wasStopped ? '(stopped)' : this.#shown(result.output).trim();
    return {
      callId: `turn-${step}`, name: agent.slug, args: { ...toldIn(told), model: gate.modelName, calls: gate.calls, exitCode: result.exitCode }, isError: result.exitCode !== 0, durationMs: Math.round(result.durationMs),
      text: tailOf(output, SHOWN_CHARACTERS), fullText: output,
    };
  }

  #shown(text: string): string {
    return printable(text, this.parts.host.secrets);
  }

  #callsLeft(): number {
    const { task } = this.parts.host;
    return (task.maxSteps ?? this.#mode.limits.steps) - this.#calls;
  }
}

/** Calls that were answered since the last recorded end. */
async function callsOfThisRun(host: AgentHost): Promise<number> {
  const entries = await host.journal.load();
  const end = entries.findLastIndex((entry) => entry.type === 'finished');
  return entries.slice(end + 1).filter((entry) => entry.type === 'model.completed').length;
}

/** Fires with the run's signal, or a little after the gate has ended. */
function stopAfter(ended: AbortSignal, run: AbortSignal): { readonly signal: AbortSignal; dispose(): void } {
  const late = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const begin = (): void => {
    timer ??= setTimeout(() => late.abort(new Error('the agent did not end when its model was refused')), GRACE_MS);
  };
  if (ended.aborted) begin();
  else ended.addEventListener('abort', begin, { once: true });
  return {
    signal: AbortSignal.any([run, late.signal]),
    dispose: () => {
      clearTimeout(timer);
      ended.removeEventListener('abort', begin);
    },
  };
}

