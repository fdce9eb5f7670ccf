import type { TaskStatus } from './task-status';

/** One part of a turn as people see it: no signatures, no raw parts of a vendor. */
export type EventPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'thinking'; readonly text: string }
  | { readonly type: 'tool_call'; readonly id: string; readonly name: string; readonly args: unknown };

/** Tokens of one call in disjoint parts, as in the usage row. */
export interface EventUsage {
  readonly inputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteShortTokens: number;
  readonly cacheWriteLongTokens: number;
  readonly outputTokens: number;
  readonly reasoningTokens: number;
}

/** One run of one check command. */
export interface EventCheck {
  readonly name: string;
  readonly command: string;
  readonly phase: 'base' | 'head';
  readonly exitCode: number | null;
  readonly durationMs: number;
  readonly status: string;
  readonly alreadyFailing: boolean;
}

export interface EventCharge {
  readonly credits: number;
  readonly creditsMicros: number;
  readonly costUsd: string;
}

/** A candidate of a task; `reason` says why it was chosen or not, null before the choice. */
export interface EventCandidate extends EventCharge {
  readonly taskId: string;
  readonly number: number;
  readonly status: TaskStatus;
  readonly statusReason: string | null;
  readonly verification: 'passed' | 'failed' | 'skipped' | null;
  readonly patchBytes: number | null;
  readonly reason: string | null;
}

/**
 * What the rows of `task_events` hold, by type. `data` is what readers see. `internal` is what a resumed attempt needs besides; its
 * shape belongs to whoever writes it (the worker's journal), and it never leaves the database through the API.
 */
export interface TaskEventData {
  status: { readonly from: TaskStatus | null; readonly to: TaskStatus; readonly reason: string | null };
  message: { readonly messageId: string; readonly role: 'user' | 'assistant' | 'system'; readonly parts: readonly EventPart[] };
  'workspace.ready': { readonly baseSha: string; readonly branch: string; readonly setup: { readonly command: string; readonly exitCode: number | null; readonly durationMs: number } | null; readonly text: string };
  'model.requested': { readonly callSeq: number; readonly step: number; readonly model: string; readonly maxTokens: number; readonly promptTokens: number; readonly heldCreditsMicros: number };
  'model.completed': { readonly callSeq: number; readonly step: number; readonly role: 'assistant'; readonly parts: readonly EventPart[]; readonly model: string; readonly stop: string; readonly usage: EventUsage; readonly priceId: string | null } & EventCharge;
  'model.failed': { readonly callSeq: number; readonly step: number; readonly kind: string; readonly text: string; readonly waitMs: number | null; readonly nextModel: string | null };
  'tool.result': { readonly callId: string; readonly name: string; readonly isError: boolean; readonly durationMs: number; readonly text: string };
  finding: { readonly findingId: string } & Readonly<Record<string, unknown>>;
  plan: { readonly resultId: string; readonly steps: readonly unknown[] };
  result: { readonly resultId: string; readonly type: string; readonly title: string | null };
  checkpoint: { readonly step: number; readonly commit: string; readonly tree: string };
  nudge: { readonly text: string };
  compacted: { readonly upToSeq: number; readonly text: string };
  verify: { readonly phase: 'base' | 'head'; readonly status: 'passed' | 'failed' | 'skipped'; readonly source: string; readonly note: string | null; readonly checks: readonly EventCheck[] };
  budget: { readonly budget: Readonly<Record<string, unknown>>; readonly percent: number; readonly text: string };
  /** Files that run code, or decide what runs, were changed; `held`: nothing is pushed before somebody approves. */
  policy: { readonly decision: 'flagged' | 'held'; readonly headSha: string; readonly files: readonly { readonly path: string; readonly kind: string; readonly why: string }[]; readonly text: string };
  finished: { readonly outcome: string; readonly text: string };
  /** What somebody did at GitHub to what the task left there. */
  github: { readonly kind: 'pushed' | 'branch_deleted' | 'pull_request'; readonly text: string; readonly login: string | null; readonly branch?: string; readonly number?: number; readonly url?: string; readonly status?: string; readonly headSha?: string };
  'effect.intended': { readonly kind: string; readonly name: string };
  'effect.done': { readonly kind: string; readonly name: string; readonly outcome: string; readonly number?: number; readonly url?: string; readonly status?: string; readonly headSha?: string };
  ci: { readonly state: 'failed' | 'waiting'; readonly headSha: string; readonly checks: readonly string[]; readonly text: string };
  candidates: { readonly chosenTaskId: string | null; readonly candidates: readonly EventCandidate[]; readonly text: string };
}

export type TaskEventType = keyof TaskEventData;

/** A row about to be appended. */
export type NewTaskEvent = {
  [Type in TaskEventType]: { readonly type: Type; readonly data: TaskEventData[Type]; readonly internal?: Readonly<Record<string, unknown>> | null };
}[TaskEventType];

/** A row as it was stored; `seq` is 1, 2, 3 … per task without a gap. `attempt` is the attempt's number. */
export type StoredTaskEvent = {
  [Type in TaskEventType]: {
    readonly seq: number;
    readonly attemptId: string | null;
    readonly attempt: number | null;
    readonly type: Type;
    readonly data: TaskEventData[Type];
    readonly createdAt: Date;
  };
}[TaskEventType];

/** A stored row with its private half: for the worker only. */
export type ResumableTaskEvent = StoredTaskEvent & { readonly internal: Readonly<Record<string, unknown>> | null };

/** The names of frames on the event stream. */
export type SseEventName = 'status' | 'message' | 'tool_result' | 'plan' | 'finding' | 'result' | 'pull_request' | 'log';

const FRAMES: Readonly<Record<TaskEventType, SseEventName>> = {
  status: 'status',
  message: 'message',
  'model.completed': 'message',
  'tool.result': 'tool_result',
  plan: 'plan',
  finding: 'finding',
  result: 'result',
  'workspace.ready': 'log',
  'model.requested': 'log',
  'model.failed': 'log',
  checkpoint: 'log',
  nudge: 'log',
  compacted: 'log',
  verify: 'log',
  budget: 'log',
  policy: 'log',
  finished: 'log',
  github: 'log',
  'effect.intended': 'log',
  'effect.done': 'log',
  candidates: 'log',
  ci: 'log',
};

/** The frame that a row is shown in. */
export function sseEventName(event: Pick<StoredTaskEvent, 'type' | 'data'>): SseEventName {
  const isPullRequest = (event.type === 'effect.done' || event.type === 'github') && (event.data as TaskEventData['effect.done']).kind === 'pull_request';
  return isPullRequest ? 'pull_request' : FRAMES[event.type];
}
