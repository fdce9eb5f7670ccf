import type { ModelEnd, ModelErrorKind, ModelMessage, Usage } from '@app/providers';
import type { Contradiction } from './delivery/contradictions';
import type { AgentPlan } from './delivery/plan';
import type { Checkpoint } from './workspace';

/** A text from the user that the model has not seen yet. */
export interface UserMessage {
  readonly id: string;
  readonly content: string;
}

export interface TodoItem {
  readonly text: string;
  readonly state: 'open' | 'doing' | 'done';
}

export interface ToolOutcome {
  readonly callId: string;
  readonly name: string;
  readonly args: unknown;
  readonly isError: boolean;
  readonly durationMs: number;
  /** What the model sees. */
  readonly text: string;
  /** The whole output for the task's log; equal to `text` when nothing was cut. */
  readonly fullText: string;
}

/** One run of one check command by the platform. `alreadyFailing`: it fails on the base as well. */
export interface CheckRun {
  readonly name: string;
  readonly command: string;
  readonly phase: 'base' | 'head';
  readonly exitCode: number | null;
  readonly durationMs: number;
  readonly status: 'passed' | 'failed' | 'timed_out';
  readonly alreadyFailing: boolean;
  /** The end of its output. */
  readonly outputTail: string;
}

/** What the platform found when it ran the checks. */
export interface Verification {
  readonly status: 'passed' | 'failed' | 'skipped';
  readonly checks: readonly CheckRun[];
  /** Where the commands came from: task, repository, AGENTS.md, package.json ... */
  readonly source: string;
  /** A sentence for people when there is something to say: why skipped, that the agent edited its own exam ... */
  readonly note: string | null;
}

/** What `submit` handed in. */
export interface Submission {
  readonly title: string;
  readonly summary: string;
  readonly testing: string;
  readonly risks: string;
  /** Paths that shall not be committed. */
  readonly discard: readonly string[];
  /** Markdown, in mode ask. */
  readonly answer: string | null;
  /** Why nothing had to be changed, when the diff is empty. */
  readonly noChangesReason: string | null;
  /** In mode architect. */
  readonly plan?: AgentPlan | null;
  /** Cause and evidence in Markdown, in mode debug. */
  readonly diagnosis?: string | null;
  /** Where the code contradicts what is written, when documentation is examined. */
  readonly contradictions?: readonly Contradiction[] | null;
  /** How the mistake is shown, in mode debug. */
  readonly regressionTest?: RegressionTest | null;
}

/** A test that fails without the fix: the command that runs it, and its files. */
export interface RegressionTest {
  readonly command: string;
  readonly files: readonly string[];
}

/** How the agent's work ended; recorded once per attempt. */
export type AgentOutcome =
  | { readonly kind: 'submitted'; readonly submission: Submission; readonly verification: Verification }
  | { readonly kind: 'question'; readonly question: string }
  /** `detail`: which budget or cap has no room. */
  | { readonly kind: 'paused'; readonly reason: 'out_of_credits' | 'budget_exhausted' | 'step_limit'; readonly detail?: string }
  | { readonly kind: 'failed'; readonly code: 'stuck' | 'incomplete' | 'refused' | 'prompt_too_long' | 'provider_auth' | 'provider_unavailable' | 'no_changes' | 'verification_failed'; readonly message: string }
  | { readonly kind: 'timed_out' };

/**
 * What happened so far, in order: the conversation, cost, limits and the todo list are folds over it. `by` is the attempt that
 * wrote it. Entries the agent does not know are left out by the host.
 */
export type JournalEntry =
  | { readonly type: 'message'; readonly seq: number; readonly message: UserMessage }
  | { readonly type: 'model.requested'; readonly seq: number; readonly callSeq: number; readonly step: number; readonly messageIds: readonly string[] }
  | { readonly type: 'model.completed'; readonly seq: number; readonly callSeq: number; readonly step: number; readonly message: ModelMessage; readonly stop: ModelEnd['stop']; readonly usage: Usage; readonly creditsMicro: bigint }
  | { readonly type: 'model.failed'; readonly seq: number; readonly callSeq: number; readonly step: number; readonly kind: ModelErrorKind }
  | { readonly type: 'step'; readonly seq: number; readonly step: number; readonly results: readonly ToolOutcome[]; readonly checkpoint: Checkpoint; readonly todo: readonly TodoItem[] | null }
  | { readonly type: 'nudge'; readonly seq: number; readonly text: string }
  | { readonly type: 'verified'; readonly seq: number; readonly phase: 'base' | 'head'; readonly verification: Verification }
  | { readonly type: 'compacted'; readonly seq: number; readonly upToSeq: number; readonly summary: string }
  | { readonly type: 'finished'; readonly seq: number; readonly outcome: AgentOutcome };

/** What a model call is for. */
export type CallPurpose = 'agent' | 'review';

/** Whether a model call may be made, and how large its answer may be. */
export type CallGrant =
  | { readonly granted: true; readonly callSeq: number; readonly maxTokens: number; readonly messages: readonly UserMessage[] }
  | { readonly granted: false; readonly reason: 'out_of_credits' | 'budget_exhausted'; readonly detail?: string };

/**
 * The agent's record and its purse. Each method is one transaction that begins with the fence check; when the lease is lost it
 * throws a `StopError` with cause `lease_lost`, and the run must end without another write.
 */
export abstract class Journal {
  /** Everything recorded for the task, oldest first, also by earlier attempts. */
  abstract load(): Promise<JournalEntry[]>;

  /**
   * T2 (step 0: a call about the conversation itself, such as a summary; it is no turn of it): reserves the worst case of a call, records the request and marks the user's
   * waiting messages as delivered in it. `model`: our name of the model that is called, and by whose prices the call is held and settled; absent: the run's first. `purpose`: what
   * the call is metered as; absent: the agent's work. Messages are delivered in calls for the agent's work alone.
   */
  abstract requestModel(request: { step: number; promptTokens: number; maxTokens: number; model?: string; purpose?: CallPurpose }): Promise<CallGrant>;

  /** T3: records the answer and its usage and settles the hold. */
  abstract completeModel(call: { callSeq: number; step: number; end: ModelEnd; latencyMs: number; ttftMs: number | null }): Promise<{ creditsMicro: bigint }>;

  /** Records a call that gave no answer; charges only what the vendor reported. `waitMs`: until the next try, null: there is none. `nextModel`: another model goes on then. */
  abstract failModel(call: { callSeq: number; step: number; kind: ModelErrorKind; message: string; usage: Usage | null; waitMs: number | null; nextModel?: string | null; latencyMs: number }): Promise<void>;

  /** T4: tool results, checkpoint and, in the last step, the outcome, all or nothing. */
  abstract completeStep(step: { step: number; results: readonly ToolOutcome[]; checkpoint: Checkpoint; todo: readonly TodoItem[] | null; outcome: AgentOutcome | null }): Promise<void>;

  /** Records a reminder that is put into the conversation as the user's turn. */
  abstract nudge(text: string): Promise<void>;

  /** Records a run of the checks. */
  abstract verified(phase: 'base' | 'head', verification: Verification): Promise<void>;

  /** Records that the history up to `upToSeq` is replaced by a summary; an empty summary leaves out only the outputs of tools up to there. */
  abstract compacted(upToSeq: number, summary: string): Promise<void>;

  /** Ends the run without another step: limits, refusals, pauses. */
  abstract finish(outcome: AgentOutcome): Promise<void>;

  /** A piece of text while the model speaks; may be dropped, never stored. */
  abstract delta(kind: 'text' | 'think', text: string): void;
}
