import type { ToolOutcome } from '../journal';
import { REMINDERS } from '../prompts/reminders';
import { checkGuards, type RunLimits } from './guards';
import { foldJournal, type RunCounters } from './state';

const limits: RunLimits = { steps: 100, startedAt: 0, deadline: 100_000, takesTextAsAnswer: false };

function run(changes: Partial<RunCounters> = {}): RunCounters {
  return { ...foldJournal([]).run, ...changes };
}

function result(name: string, args: unknown, text: string, isError = false): ToolOutcome {
  return { callId: 'c', name, args, text, fullText: text, isError, durationMs: 1 };
}

function verdictOf(results: ToolOutcome[]): string {
  const verdict = checkGuards(run({ results }), limits, 0);
  return verdict.end?.kind === 'failed' ? verdict.end.code : verdict.end === null && verdict.reminders.length > 0 ? 'reminded' : 'fine';
}

describe('limits', () => {
  it('end the run when the steps or the time are used up', () => {
    expect(checkGuards(run({ steps: 100 }), limits, 0)).toEqual({ end: { kind: 'paused', reason: 'step_limit' } });
    expect(checkGuards(run(), limits, 100_000)).toEqual({ end: { kind: 'timed_out' } });
    expect(checkGuards(run({ steps: 99 }), limits, 0).end).toBeNull();
  });

  it('are announced once, at 85 percent', () => {
    expect(checkGuards(run({ steps: 84 }), limits, 0)).toEqual({ end: null, reminders: [] });
    expect(checkGuards(run({ steps: 85 }), limits, 0)).toEqual({ end: null, reminders: [REMINDERS.wrapUp] });
    expect(checkGuards(run(), limits, 85_000)).toEqual({ end: null, reminders: [REMINDERS.wrapUp] });
    expect(checkGuards(run({ steps: 90, reminders: [REMINDERS.wrapUp] }), limits, 0)).toEqual({ end: null, reminders: [] });
  });
});

describe('repeated actions', () => {
  const same = result('bash', { command: 'npm test' }, 'exit code 1');

  it('are reminded of at three and stopped at four', () => {
    expect([1, 2, 3, 4].map((n) => verdictOf(Array.from({ length: n }, () => same)))).toEqual(['fine', 'fine', 'reminded', 'stuck']);
  });

  it('count only with the same arguments and the same result', () => {
    expect(verdictOf([1, 2, 3, 4, 5].map((n) => result('bash', { command: 'npm test' }, `run ${n}`)))).toBe('fine');
    expect(verdictOf([1, 2, 3, 4, 5].map((n) => result('read', { path: `f${n}` }, 'same')))).toBe('fine');
    expect(verdictOf([same, same, result('edit', { path: 'a' }, 'edited'), same, same])).toBe('fine');
  });

  it('count as the same when only the words of the error or the place of the output differ', () => {
    expect(verdictOf([1, 2, 3, 4].map((n) => result('edit', { path: 'a' }, `not found ${n}`, true)))).toBe('stuck');
    expect(verdictOf([1, 2, 3, 4].map((n) => result('bash', { command: 'x' }, `cut; the whole output is in /workspace/scratch/out/call_${n}.txt`)))).toBe('stuck');
  });

  it('do not count for submissions and todo lists', () => {
    expect(verdictOf(Array.from({ length: 5 }, () => result('todo', {}, 'noted')))).toBe('fine');
    expect(verdictOf(Array.from({ length: 5 }, () => result('submit', {}, 'Refused', true)))).toBe('fine');
  });

  it('are seen when two of them alternate', () => {
    const a = result('read', { path: 'a' }, 'A');
    const b = result('read', { path: 'b' }, 'B');
    expect([[a, b, a], [a, b, a, b], [a, b, a, b, a, b], [b, b, a, b, a], [result('ls', {}, ''), b, a, b, a, b, a]].map(verdictOf)).toEqual(['fine', 'reminded', 'stuck', 'reminded', 'stuck']);
  });

  it('are not mentioned twice for the same step', () => {
    const verdict = checkGuards(run({ results: [same, same, same], remindersSinceStep: [REMINDERS.repeated], reminders: [REMINDERS.repeated] }), limits, 0);
    expect(verdict).toEqual({ end: null, reminders: [] });
  });
});

describe('answers that lead nowhere', () => {
  it('end the run after three that cannot be used', () => {
    expect(checkGuards(run({ unusableAnswers: 2, lastAnswer: 'empty' }), limits, 0)).toEqual({ end: null, reminders: [REMINDERS.empty] });
    expect(checkGuards(run({ unusableAnswers: 3 }), limits, 0).end).toMatchObject({ code: 'stuck' });
  });

  it('are reminders after a text, except where a text may be the work', () => {
    expect(checkGuards(run({ textAnswers: 1, lastAnswer: 'text' }), limits, 0)).toEqual({ end: null, reminders: [REMINDERS.noCall] });
    expect(checkGuards(run({ textAnswers: 2, lastAnswer: 'text' }), limits, 0).end).toMatchObject({ code: 'incomplete' });
    expect(checkGuards(run({ textAnswers: 2, lastAnswer: 'text', remindersSinceStep: ['Refused (citations): x'] }), { ...limits, takesTextAsAnswer: true }, 0)).toEqual({ end: null, reminders: [] });
  });
});
