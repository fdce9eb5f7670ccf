import type { AgentOutcome, Checkpoint, JournalEntry, TodoItem, ToolOutcome, UserMessage, Verification } from '@app/agent';
import { limitJson, sayAlert, sayExhausted, type SpendingAlert, type SpendingLimit } from '@app/billing';
import { creditsFromMicros, usdFromNano } from '@app/common';
import type { EventCharge, EventPart, EventUsage, NewTaskEvent, ResumableTaskEvent, TaskEventType } from '@app/domain';
import type { ModelEnd, ModelErrorKind, ModelMessage, Usage } from '@app/providers';

/** The private half of each row that a resumed attempt reads again. */
interface Internals {
  'model.requested': { messageIds: string[] };
  'model.completed': { message: ModelMessage; stop: ModelEnd['stop']; usage: Usage };
  'tool.result': { args: unknown };
  checkpoint: { todo: TodoItem[] | null };
  verify: { verification: Verification };
  finished: { outcome: AgentOutcome };
}

function internalOf<Type extends keyof Internals>(row: ResumableTaskEvent & { readonly type: Type }): Internals[Type] {
  return row.internal as unknown as Internals[Type];
}

/** What happened so far, as the agent reads it. Rows it does not know are left out; tool results without their checkpoint were lost in a crash. */
export function entriesOf(rows: readonly ResumableTaskEvent[]): JournalEntry[] {
  const entries: JournalEntry[] = [];
  let results: ToolOutcome[] = [];
  for (const row of rows) {
    if (row.type === 'tool.result') {
      // The whole output went to the task's log; nobody who resumes needs it.
      results.push({ ...row.data, args: internalOf(row).args, fullText: row.data.text });
    } else if (row.type === 'checkpoint') {
      entries.push({ type: 'step', seq: row.seq, step: row.data.step, results, checkpoint: row.data, todo: internalOf(row).todo });
      results = [];
    } else {
      const entry = entryOf(row);
      if (entry) entries.push(entry);
    }
  }
  return entries;
}

type RowOf<Type extends TaskEventType> = ResumableTaskEvent & { readonly type: Type };
type Reader<Type extends TaskEventType> = (row: RowOf<Type>) => JournalEntry | null;

/** How each kind of row that stands alone is read. */
const READERS: { readonly [Type in TaskEventType]?: Reader<Type> } = {
  message: ({ seq, data }) => (data.role === 'user' ? { type: 'message', seq, message: userMessage(data) } : null),
  'model.requested': (row) => ({ type: 'model.requested', seq: row.seq, callSeq: row.data.callSeq, step: row.data.step, messageIds: internalOf(row).messageIds }),
  'model.completed': (row) => ({ type: 'model.completed', seq: row.seq, callSeq: row.data.callSeq, step: row.data.step, ...internalOf(row), creditsMicro: BigInt(row.data.creditsMicros) }),
  'model.failed': ({ seq, data }) => ({ type: 'model.failed', seq, callSeq: data.callSeq, step: data.step, kind: data.kind as ModelErrorKind }),
  nudge: ({ seq, data }) => ({ type: 'nudge', seq, text: data.text }),
  verify: (row) => ({ type: 'verified', seq: row.seq, phase: row.data.phase, verification: internalOf(row).verification }),
  compacted: ({ seq, data }) => ({ type: 'compacted', seq, upToSeq: data.upToSeq, summary: data.text }),
  finished: (row) => ({ type: 'finished', seq: row.seq, outcome: internalOf(row).outcome }),
};

function entryOf<Type extends TaskEventType>(row: RowOf<Type>): JournalEntry | null {
  const read = READERS[row.type];
  return read?.(row) ?? null;
}

function userMessage(data: { messageId: string; parts: readonly EventPart[] }): UserMessage {
  return { id: data.messageId, content: data.parts.map((part) => (part.type === 'text' ? part.text : '')).join('\n') };
}

/** Parts of a turn for readers: no signatures, nothing of the vendor's own. */
export function shownParts(message: ModelMessage): EventPart[] {
  return message.parts.flatMap((part): EventPart[] => {
    if (part.t === 'text') return [{ type: 'text', text: part.text }];
    if (part.t === 'think') return part.text ? [{ type: 'thinking', text: part.text }] : [];
    if (part.t === 'call') return [{ type: 'tool_call', id: part.id, name: part.name, args: part.args }];
    return [];
  });
}

/** Tokens for readers: without the vendor's own object. */
export function shownUsage(usage: Usage): EventUsage {
  const { inputTokens, cacheReadTokens, cacheWriteShortTokens, cacheWriteLongTokens, outputTokens, reasoningTokens } = usage;
  return { inputTokens, cacheReadTokens, cacheWriteShortTokens, cacheWriteLongTokens, outputTokens, reasoningTokens };
}

/** Rows of a finished step: a result each, then the checkpoint, then the outcome if it was the last. */
export function stepRows(step: { step: number; results: readonly ToolOutcome[]; checkpoint: Checkpoint; todo: readonly TodoItem[] | null; outcome: AgentOutcome | null }): NewTaskEvent[] {
  const { commit, tree } = step.checkpoint;
  return [
    ...step.results.map(({ callId, name, isError, durationMs, text, args }): NewTaskEvent => ({ type: 'tool.result', data: { callId, name, isError, durationMs, text }, internal: { args } })),
    { type: 'checkpoint', data: { step: step.step, commit, tree }, internal: { todo: step.todo } },
    ...(step.outcome ? [finishedRow(step.outcome)] : []),
  ];
}

export function finishedRow(outcome: AgentOutcome): NewTaskEvent {
  return { type: 'finished', data: { outcome: outcome.kind, text: sayOutcome(outcome) }, internal: { outcome } };
}

export function verifyRow(phase: 'base' | 'head', verification: Verification): NewTaskEvent {
  const { status, source, note, checks } = verification;
  const shown = checks.map(({ name, command, phase: ran, exitCode, durationMs, status: ended, alreadyFailing }) => ({ name, command, phase: ran, exitCode, durationMs, status: ended, alreadyFailing }));
  return { type: 'verify', data: { phase, status, source, note, checks: shown }, internal: { verification } };
}

/** Thresholds that a charge passed. */
export function alertRows(alerts: readonly SpendingAlert[]): NewTaskEvent[] {
  return alerts.map((alert) => ({ type: 'budget', data: { budget: limitJson(alert), percent: alert.percent, text: sayAlert(alert) } }));
}

/** A call that did not fit under a cap or budget. */
export function exhaustedRow(limit: SpendingLimit): NewTaskEvent {
  return { type: 'budget', data: { budget: limitJson(limit), percent: 100, text: sayExhausted(limit) } };
}

export function chargeOf(creditsMicro: bigint, nanoUsd: bigint): EventCharge {
  return { credits: creditsFromMicros(creditsMicro), creditsMicros: Number(creditsMicro), costUsd: usdFromNano(nanoUsd) };
}

/** One sentence for people about how the agent's work ended. */
export function sayOutcome(outcome: AgentOutcome): string {
  switch (outcome.kind) {
    case 'submitted':
      return outcome.submission.title;
    case 'question':
      return outcome.question;
    case 'paused':
      return outcome.detail ?? `paused: ${outcome.reason.replaceAll('_', ' ')}`;
    case 'failed':
      return outcome.message;
    case 'timed_out':
      return 'the time for this task was used up';
  }
}
