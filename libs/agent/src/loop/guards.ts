import type { AgentOutcome, ToolOutcome } from '../journal';
import { REMINDERS } from '../prompts/reminders';
import type { RunCounters } from './state';

/** What a run may use. Times in milliseconds since 1970. */
export interface RunLimits {
  readonly steps: number;
  readonly startedAt: number;
  readonly deadline: number;
  /** A text without a call may be the work itself. */
  readonly takesTextAsAnswer: boolean;
}

/** Asked before every model call: the end of the run, or reminders to put into the conversation first. */
export type GuardVerdict = { readonly end: AgentOutcome } | { readonly end: null; readonly reminders: readonly string[] };

const WRAP_UP_SHARE = 0.85;
const SAME_ACTION = { remind: 3, stop: 4 };
const ALTERNATING = { remind: 4, stop: 6 };
const UNUSABLE_ANSWERS = 3;
const TEXT_ANSWERS = 2;
const MODEL_REFUSALS = 2;
/** These have limits of their own, and repeating them is no sign of being lost. */
const NOT_COUNTED = new Set(['submit', 'todo', 'ask_user']);

/** Limits and signs of being stuck, from the state alone: a resumed run judges the same. */
export function checkGuards(run: RunCounters, limits: RunLimits, now: number): GuardVerdict {
  const end = endOf(run, limits, now);
  return end === null ? { end: null, reminders: remindersFor(run, limits, now) } : { end };
}

function endOf(run: RunCounters, limits: RunLimits, now: number): AgentOutcome | null {
  if (now >= limits.deadline) return { kind: 'timed_out' };
  const repeats = repetition(run.results);
  if (repeats.same >= SAME_ACTION.stop) return stuck('It made the same call with the same result again and again.');
  if (repeats.alternating >= ALTERNATING.stop) return stuck('It went back and forth between the same calls.');
  if (run.unusableAnswers >= UNUSABLE_ANSWERS) return stuck(`Its last ${UNUSABLE_ANSWERS} answers could not be used.`);
  if (run.modelRefusals >= MODEL_REFUSALS) return { kind: 'failed', code: 'refused', message: 'The model declined the task.' };
  if (!limits.takesTextAsAnswer && run.textAnswers >= TEXT_ANSWERS) return { kind: 'failed', code: 'incomplete', message: 'The agent stopped without handing in its work.' };
  return run.steps >= limits.steps ? { kind: 'paused', reason: 'step_limit' } : null;
}

function remindersFor(run: RunCounters, limits: RunLimits, now: number): string[] {
  const repeats = repetition(run.results);
  const used = Math.max(run.steps / limits.steps, (now - limits.startedAt) / Math.max(1, limits.deadline - limits.startedAt));
  const fresh = (text: string): boolean => !run.remindersSinceStep.includes(text);
  return [
    ...answerReminder(run),
    ...(repeats.same >= SAME_ACTION.remind && fresh(REMINDERS.repeated) ? [REMINDERS.repeated] : []),
    ...(repeats.alternating >= ALTERNATING.remind && fresh(REMINDERS.alternating) ? [REMINDERS.alternating] : []),
    ...(used >= WRAP_UP_SHARE && !run.reminders.includes(REMINDERS.wrapUp) ? [REMINDERS.wrapUp] : []),
  ];
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

/** How often the last action was done in a row, and over how many actions two of them alternate. */
function repetition(results: readonly ToolOutcome[]): { same: number; alternating: number } {
  const keys = results.filter((result) => !NOT_COUNTED.has(result.name)).slice(-ALTERNATING.stop).map(actionKey);
  const last = keys.at(-1);
  const before = keys.at(-2);
  const differs = keys.findLastIndex((key) => key !== last);
  const same = keys.length - 1 - differs;
  if (last === undefined || before === undefined || last === before) return { same, alternating: 0 };
  const breaks = keys.findLastIndex((key, n) => key !== ((keys.length - 1 - n) % 2 === 0 ? last : before));
  return { same, alternating: keys.length - 1 - breaks };
}

/** The same call with the same result; an error counts as the same whatever its words. Where the whole output is kept differs per call. */
function actionKey({ name, args, isError, text }: ToolOutcome): string {
  return JSON.stringify([name, args, isError ? 'error' : text.replace(/\/out\/\S+/g, '/out/')]);
}

function stuck(message: string): AgentOutcome {
  return { kind: 'failed', code: 'stuck', message: `The agent got stuck. ${message}` };
}
