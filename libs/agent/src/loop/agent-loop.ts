import { callsOf, RETRY_LIMITS, textOf, type ModelError, type RetryLimits, type RetryOptions, type ToolSpec } from '@app/providers';
import { titleFromPrompt } from '../delivery/title';
import { AgentEngine } from '../engine';
import type { AgentHost } from '../host';
import type { AgentOutcome, CheckRun, Submission, ToolOutcome, Verification } from '../journal';
import { MODES } from '../modes';
import type { Acceptance, Mode } from '../modes/mode';
import { openingTurn } from '../prompts/opening';
import { refusalText } from '../prompts/reminders';
import { systemPrompt } from '../prompts/system-prompt';
import { printable } from '../text/printable';
import { toolsFor } from '../tools/edit-format';
import { FileVersions } from '../tools/file-versions';
import { ToolPolicy } from '../tools/tool-policy';
import { discoverChecks } from '../verify/discover';
import { ownExamNote } from '../verify/own-exam';
import { planOf, Verifier, withRuns } from '../verify/verifier';
import type { Checkpoint } from '../workspace';
import { Compactor, needsCompaction } from './compaction';
import { estimatePrompt, messagesFor, plainMessages } from './conversation';
import { checkGuards, type RunLimits } from './guards';
import { ModelCaller, pausedBy } from './model-caller';
import { isEndOfRun, tellApproval } from './plan-approval';
import { Recorder } from './recorder';
import { kindOfAnswer, type OpenAnswer } from './state';
import { ToolRunner } from './tool-runner';
import { toolSignal } from './tool-signal';
import type { Turn } from './turn';

/** A longer answer is cut in pieces by the model itself; a smaller hold leaves more of a budget usable. */
const MAX_ANSWER_TOKENS = 32_000;
/** The run's own model is there when the small one is not. */
const SUMMARISER_TRIES: RetryLimits = { ...RETRY_LIMITS, maxTries: 2, longestRetryAfterMs: 5_000 };

export interface LoopOptions {
  /** How failed model calls are repeated. */
  readonly retry?: RetryOptions;
}

/** Our own engine: model, tools, record, until the work is handed in. */
export class LoopEngine extends AgentEngine {
  constructor(private readonly options: LoopOptions = {}) {
    super();
  }

  async run(host: AgentHost): Promise<AgentOutcome> {
    const recorder = await Recorder.open(host.journal);
    const { outcome } = recorder.state;
    // Any other end is recorded together with the task's state: a run after it means that somebody wants the work to go on.
    if (outcome !== null && isEndOfRun(recorder.state, host)) return outcome;
    await tellApproval(recorder, host);
    const forTools = toolSignal(host.signal);
    try {
      return await new AgentLoop(host, recorder, forTools.signal, this.options).untilEnd();
    } finally {
      forTools.dispose();
    }
  }
}

/** One run. The only place that orders guards, model, tools and record. */
class AgentLoop {
  readonly #mode: Mode;
  readonly #limits: RunLimits;
  readonly #system: string;
  readonly #tools: readonly ToolSpec[];
  readonly #runner: ToolRunner;
  readonly #verifier: Verifier;
  readonly #caller: ModelCaller;
  readonly #compactor: Compactor;
  #opening: string | null = null;

  constructor(
    private readonly host: AgentHost,
    private readonly recorder: Recorder,
    signal: AbortSignal,
    options: LoopOptions,
  ) {
    const { task, model, workspace, clock, review, secrets = [] } = host;
    const mode: Mode = MODES[task.mode];
    const policy = new ToolPolicy({ ...mode, ...toolsFor(mode.tools, model), allowCiFiles: task.allowCiFiles });
    this.#mode = mode;
    this.#system = systemPrompt(mode);
    this.#tools = policy.specs();
    const { maxSteps, maxOutputTokens: outputTokens = null } = task;
    this.#limits = { steps: maxSteps ?? mode.limits.steps, outputTokens, startedAt: clock.now().getTime(), deadline: task.deadline, creditsMicro: task.maxCreditsMicro ?? null, takesTextAsAnswer: mode.takesTextAsAnswer };
    this.#runner = new ToolRunner(policy, { workspace, task, clock, signal, ...(review ? { review } : {}), versions: FileVersions.from(recorder.state.results) }, secrets);
    this.#verifier = new Verifier({ workspace, clock, deadline: task.deadline, signal, secrets });
    const calls = { recorder, clock, signal: host.signal, retry: options.retry ?? {} };
    this.#caller = new ModelCaller({ ...calls, model });
    this.#compactor = new Compactor(recorder, this.#caller, host.summariser ? new ModelCaller({ ...calls, model: host.summariser, retry: { ...calls.retry, limits: SUMMARISER_TRIES } }) : null, task.id);
  }

  async untilEnd(): Promise<AgentOutcome> {
    for (;;) {
      this.host.signal.throwIfAborted();
      // An answer that is recorded was paid for: only its tools run again.
      const { open } = this.recorder.state;
      const outcome = open === null ? await this.#ask() : await this.#act(open);
      if (outcome !== null) return outcome;
    }
  }

  /** Guards, then the model. */
  async #ask(): Promise<AgentOutcome | null> {
    const { run, creditsMicro } = this.recorder.state;
    const verdict = checkGuards(run, this.#limits, { now: this.host.clock.now().getTime(), creditsMicro });
    if (verdict.end !== null) return this.recorder.finish(verdict.end);
    for (const reminder of verdict.reminders) await this.recorder.nudge(reminder);
    const opening = await this.#openingTurn();
    const ended = await this.#makeRoom(opening);
    return ended ?? this.#callModel(opening);
  }

  /** The first turn, after the checks ran on the base once. */
  async #openingTurn(): Promise<string> {
    if (this.#opening !== null) return this.#opening;
    const { task, workspace, secrets = [] } = this.host;
    const mode = this.#mode;
    const baseline = mode.runsChecks ? await this.#baseline() : null;
    this.#opening = await openingTurn({ task, mode, base: workspace.base, baseline, secrets, signal: this.host.signal });
    return this.#opening;
  }

  async #baseline(): Promise<Verification> {
    const known = this.recorder.state.baseline;
    if (known !== null) return known;
    const found = await this.#verifier.onBase(await discoverChecks(this.host.task, this.host.workspace.base));
    await this.recorder.verified('base', found);
    return found;
  }

  async #makeRoom(opening: string): Promise<AgentOutcome | null> {
    if (!needsCompaction(this.#estimate(opening), this.#maxTokens(), this.#caller.model.contextWindow)) return null;
    const room = await this.#compactor.compact(true);
    return typeof room === 'boolean' ? null : room;
  }

  async #callModel(opening: string): Promise<AgentOutcome | null> {
    const { model, task } = this.host;
    let repaired: 'no' | 'shortened' | 'plain' = 'no';
    for (;;) {
      const isPlain = repaired === 'plain';
      const result = await this.#caller.call({
        step: this.recorder.state.lastStep + 1, promptTokens: this.#estimate(opening), maxTokens: this.#maxTokens(),
        request: (maxTokens) => {
          const messages = messagesFor(opening, this.#turns());
          return {
            model: model.model, capabilities: model.capabilities, system: this.#system, messages: isPlain ? plainMessages(messages) : messages,
            tools: this.#tools, maxTokens, effort: this.#mode.effort, cacheKey: task.id,
          };
        },
      });
      if (result.t === 'end') return null;
      if (result.t === 'denied') return this.recorder.finish(pausedBy(result));
      const next = await this.#afterError(result.error, repaired !== 'no');
      if (typeof next !== 'string') return next;
      repaired = next;
    }
  }

  /** How the call is repeated once, differently; else the end of the run, or null where the guards decide. */
  async #afterError(error: ModelError, wasRepaired: boolean): Promise<'shortened' | 'plain' | AgentOutcome | null> {
    if (error.kind === 'refusal') return null;
    if (error.kind === 'context_overflow') return this.#shorten(wasRepaired);
    if (error.kind === 'malformed_history' && !wasRepaired) return 'plain';
    const isKey = error.kind === 'auth' || error.kind === 'quota';
    const message = `The provider refused the ${isKey ? 'key' : 'request'}: ${printable(error.message, this.host.secrets)}`;
    return this.recorder.finish({ kind: 'failed', code: isKey ? 'provider_auth' : 'provider_unavailable', message });
  }

  async #shorten(wasRepaired: boolean): Promise<'shortened' | AgentOutcome> {
    const room = wasRepaired ? false : await this.#compactor.compact(false);
    if (typeof room !== 'boolean') return room;
    return room ? 'shortened' : this.recorder.finish({ kind: 'failed', code: 'prompt_too_long', message: 'The conversation no longer fits into the model\'s context window.' });
  }

  /** Tools, then the record of the step: results, checkpoint and, at the end, the outcome, all at once. */
  async #act({ step, message, stop }: OpenAnswer): Promise<AgentOutcome | null> {
    const { results, todo, ending } = await this.#runner.run(callsOf(message));
    if (ending?.t === 'question') return this.#record({ step, results, todo, outcome: { kind: 'question', question: ending.question } });
    if (ending?.t === 'submit') return this.#handIn({ step, results, todo }, ending.submission, ending.callId);
    const isAnswer = this.#mode.takesTextAsAnswer && kindOfAnswer(message, stop) === 'text' && this.recorder.state.run.textAnswers >= 2;
    if (isAnswer) return this.#handIn({ step, results, todo }, answerOf(textOf(message), this.host.task.prompt), null);
    return this.#record({ step, results, todo, outcome: null });
  }

  /** The mode's gate. The tree is saved before it: what the checks leave behind is not part of the work. */
  async #handIn(turn: StepResults, submission: Submission, callId: string | null): Promise<AgentOutcome | null> {
    const checkpoint = await this.host.workspace.checkpoint(turn.step);
    const verdict = await this.#accept(submission);
    if (verdict.accepted) return this.#record({ ...turn, outcome: verdict.outcome, checkpoint });
    const text = refusalText(verdict.code, verdict.reason);
    const results = turn.results.map((result) => (result.callId === callId ? { ...result, isError: true, text, fullText: text } : result));
    await this.#record({ ...turn, results, outcome: null });
    if (callId === null) await this.recorder.nudge(text);
    return null;
  }

  #accept(submission: Submission): Promise<Acceptance> {
    const { task, workspace } = this.host;
    const { baseline, run } = this.recorder.state;
    return this.#mode.accept(submission, { task, workspace, baseline, refusals: (code) => run.refusals[code] ?? 0, verify: (others) => this.#verify(others), run: (check, phase, tree) => this.#verifier.run(check, phase, tree) });
  }

  async #verify(others: readonly CheckRun[] = []): Promise<Verification> {
    const { workspace } = this.host;
    const baseline = await this.#baseline();
    const plan = planOf(baseline);
    const note = await ownExamNote(plan.source, (await workspace.diff()).files, workspace);
    const verification = withRuns(await this.#verifier.onHead(plan, baseline, note), others);
    await this.recorder.verified('head', verification);
    return verification;
  }

  async #record({ checkpoint, ...turn }: StepResults & { outcome: AgentOutcome | null; checkpoint?: Checkpoint }): Promise<AgentOutcome | null> {
    return this.recorder.completeStep({ ...turn, checkpoint: checkpoint ?? (await this.host.workspace.checkpoint(turn.step)) });
  }

  /** Where the prompt is kept as the task's first message as well, it is said once. */
  #turns(): readonly Turn[] {
    const { turns } = this.recorder.state;
    const [first] = turns;
    return first?.fromUser && textOf(first.message).trim() === this.host.task.prompt.trim() ? turns.slice(1) : turns;
  }

  #estimate(opening: string): number {
    return estimatePrompt(this.recorder.state, { system: this.#system, tools: this.#tools, opening });
  }

  #maxTokens(): number {
    // A stand-in that answers may have a smaller window.
    const { maxOutputTokens, contextWindow } = this.#caller.model;
    const left = this.#limits.outputTokens === null ? MAX_ANSWER_TOKENS : this.#limits.outputTokens - this.recorder.state.run.outputTokens;
    return Math.max(1, Math.min(maxOutputTokens, MAX_ANSWER_TOKENS, Math.floor(contextWindow / 4), left));
  }
}

interface StepResults {
  readonly step: number;
  readonly results: readonly ToolOutcome[];
  readonly todo: Parameters<Recorder['completeStep']>[0]['todo'];
}

function answerOf(text: string, prompt: string): Submission {
  return { title: titleFromPrompt(prompt), summary: text, testing: '', risks: '', discard: [], answer: text, noChangesReason: null };
}
