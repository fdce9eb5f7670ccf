import type { AgentOutcome } from '../journal';
import { REMINDERS } from '../prompts/reminders';
import { repetition } from './actions';
import type { RunCounters } from './state';

/** What a run may use. Times in milliseconds since 1970. */
export interface RunLimits {
  readonly steps: number;
  /** Tokens that the models may write; null: as many as the rest allows. */
  readonly outputTokens: number | null;
  readonly startedAt: number;
  readonly deadline: number;
  /** What the task may cost altogether; null: as much as there is. */
  readonly creditsMicro: bigint | null;
  /** A text without a call may be the work itself. */
  readonly takesTextAsAnswer: boolean;
}

/** Asked before every model call: the end of the run, or reminders to put into the conversation first. */
export type GuardVerdict = { readonly end: AgentOutcome } | { readonly end: null; readonly reminders: readonly string[] };

const WRAP_UP_SHARE = 0.85;
const SAME_ACTION = { remind: 3, stop: 4 };
const ALTERNATING = { remind: 4, stop: 6 };
const UNUSABLE_ANSWERS = 3;
const IDLE_ANSWERS = 3;
const TEXT_ANSWERS = 2;
const MODEL_REFUSALS = 2;
/** What is used of the limits: the time is now, and the credits are the whole task's. */
export interface RunUse {
  readonly now: number;
  readonly creditsMicro: bigint;
}

/** Limits and signs of being stuck, from the state alone: a resumed run judges the same. */
export function checkGuards(run: RunCounters, limits: RunLimits, use: RunUse): GuardVerdict {
  const end = endOf(run, limits, use.now);
  return end === null ? { end: null, reminders: remindersFor(run, limits, use) } : { end };
}

function endOf(run: RunCounters, limits: RunLimits, now: number): AgentOutcome | null {
  if (now >= limits.deadline) return { kind: 'timed_out' };
  const repeats = repetition(run.actions, ALTERNATING.stop);
  if (repeats.same >= SAME_ACTION.stop) return stuck('It made the same call with the same result again and again.');
  if (repeats.alternating >= ALTERNATING.stop) return stuck('It went back and forth between the same calls.');
  if (run.unusableAnswers >= UNUSABLE_ANSWERS) return stuck(`Its last ${UNUSABLE_ANSWERS} answers could not be used.`);
  // Where a text may be the work, the acceptance of texts has a limit of its own.
  if (run.idleAnswers >= IDLE_ANSWERS && !(limits.takesTextAsAnswer && run.lastAnswer === 'text')) return stuck(`Its last ${IDLE_ANSWERS} answers used no tool.`);
  if (run.modelRefusals >= MODEL_REFUSALS) return { kind: 'failed', code: 'refused', message: 'The model declined the task.' };
  if (!limits.takesTextAsAnswer && run.textAnswers >= TEXT_ANSWERS) return { kind: 'failed', code: 'incomplete', message: 'The agent stopped without handing in its work.' };
  return usedUp(run, limits);
}

function usedUp(run: RunCounters, limits: RunLimits): AgentOutcome | null {
  return writtenOut(run.outputTokens, limits.outputTokens) ?? (run.steps >= limits.steps ? { kind: 'paused', reason: 'step_limit' } : null);
}

/** The pause of a run whose models wrote as much as they may; null: they may write more. */
export function writtenOut(written: number, allowed: number | null): AgentOutcome | null {
  if (allowed === null || written < allowed) return null;
  return { kind: 'paused', reason: 'step_limit', detail: `The models wrote ${written} tokens; the task allows ${allowed} (options.maxOutputTokens). Resume it to allow as many again.` };
}

function remindersFor(run: RunCounters, limits: RunLimits, use: RunUse): string[] {
  const repeats = repetition(run.actions, ALTERNATING.stop);
  const fresh = (text: string): boolean => !run.remindersSinceStep.includes(text);
  return [
    ...answerReminder(run),
    ...(repeats.same >= SAME_ACTION.remind && fresh(REMINDERS.repeated) ? [REMINDERS.repeated] : []),
    ...(repeats.alternating >= ALTERNATING.remind && fresh(REMINDERS.alternating) ? [REMINDERS.alternating] : []),
    ...(usedShare(run, limits, use) >= WRAP_UP_SHARE && !run.reminders.includes(REMINDERS.wrapUp) ? [REMINDERS.wrapUp] : []),
  ];
}

/** The largest share of any limit that is used. */
function usedShare(run: RunCounters, limits: RunLimits, { now, creditsMicro }: RunUse): number {
  const time = (now - limits.startedAt) / Math.max(1, limits.deadline - limits.startedAt);
  const credits = limits.creditsMicro === null || limits.creditsMicro <= 0n ? 0 : Number(creditsMicro) / Number(limits.creditsMicro);
  const tokens = limits.outputTokens === null ? 0 : run.outputTokens / limits.outputTokens;
  return Math.max(run.steps / limits.steps, time, credits, tokens);
}

function answerReminder(run: RunCounters): string[] {
  if (run.modelRefusals > 0 && !run.reminders.includes(REMINDERS.refused)) return [REMINDERS.refused];
  // A refused submission was answered already.
  if (run.remindersSinceStep.length > 0) return [];
  switch (run.lastAnswer) {
    case 'text':
      return [REMINDERS.noCall];
    case 'cut':
      return [REMINDERS.cutOff];
    case 'empty':
      return [REMINDERS.empty];
    case 'calls':
    case 'unparsable':
    case 'refused':
    case null:
      return [];
  }
}

function stuck(message: string): AgentOutcome {
  return { kind: 'failed', code: 'stuck', message: `The agent got stuck. ${message}` };
}
