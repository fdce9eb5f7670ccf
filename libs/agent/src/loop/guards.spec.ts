import type { JournalEntry, ToolOutcome } from '../journal';
import { REMINDERS } from '../prompts/reminders';
import { actionsOf } from './actions';
import { checkGuards, type GuardVerdict, type RunLimits } from './guards';
import { foldJournal, type RunCounters } from './state';

const limits: RunLimits = { steps: 100, outputTokens: null, startedAt: 0, deadline: 100_000, creditsMicro: null, takesTextAsAnswer: false };

function check(counters: RunCounters, now = 0, more: Partial<RunLimits> = {}, creditsMicro = 0n): GuardVerdict {
  return checkGuards(counters, { ...limits, ...more }, { now, creditsMicro });
}

const NO_USAGE = { inputTokens: 1, cacheReadTokens: 0, cacheWriteShortTokens: 0, cacheWriteLongTokens: 0, outputTokens: 1, reasoningTokens: 0, raw: {} };

function run(changes: Partial<RunCounters> = {}): RunCounters {
  return { ...foldJournal([]).run, ...changes };
}

function result(name: string, args: unknown, text: string, isError = false): ToolOutcome {
  return { callId: 'c', name, args, text, fullText: text, isError, durationMs: 1 };
}

function verdictOf(results: ToolOutcome[]): string {
  const verdict = check(run({ actions: results.flatMap((result) => actionsOf([result])) }));
  return verdict.end?.kind === 'failed' ? verdict.end.code : verdict.end === null && verdict.reminders.length > 0 ? 'reminded' : 'fine';
}

describe('limits', () => {
  it('end the run when the steps or the time are used up', () => {
    expect(check(run({ steps: 100 }), 0)).toEqual({ end: { kind: 'paused', reason: 'step_limit' } });
    expect(check(run(), 100_000)).toEqual({ end: { kind: 'timed_out' } });
    expect(check(run({ steps: 99 }), 0).end).toBeNull();
  });

  it('are announced once, at 85 percent', () => {
    expect(check(run({ steps: 84 }), 0)).toEqual({ end: null, reminders: [] });
    expect(check(run({ steps: 85 }), 0)).toEqual({ end: null, reminders: [REMINDERS.wrapUp] });
    expect(check(run(), 85_000)).toEqual({ end: null, reminders: [REMINDERS.wrapUp] });
    expect(check(run({ steps: 90, reminders: [REMINDERS.wrapUp] }), 0)).toEqual({ end: null, reminders: [] });
  });
});

describe('the limit of written tokens', () => {
  it('ends the run when it is reached, and is announced before', () => {
    const at = (outputTokens: number) => check(run({ outputTokens }), 0, { outputTokens: 1_000 });
    expect(at(849)).toEqual({ end: null, reminders: [] });
    expect(at(850)).toEqual({ end: null, reminders: [REMINDERS.wrapUp] });
    expect(at(1_000).end).toEqual({ kind: 'paused', reason: 'step_limit', detail: expect.stringContaining('the task allows 1000') as string });
    expect(check(run({ outputTokens: 10 ** 9 })).end).toBeNull();
  });

  it('counts what was written since the run began, whatever it was for', () => {
    const answer = (step: number, outputTokens: number) => ({ type: 'model.completed', seq: step, at: 0, by: 'a', step, message: { role: 'assistant', parts: [{ t: 'text', text: 'x' }] }, stop: 'end', usage: { ...NO_USAGE, outputTokens }, creditsMicro: 0n }) as unknown as JournalEntry;
    expect(foldJournal([answer(1, 700), answer(0, 200)]).run.outputTokens).toBe(900);
    expect(foldJournal([answer(1, 700), { type: 'finished', seq: 9, outcome: { kind: 'paused', reason: 'step_limit' } } as unknown as JournalEntry, answer(2, 5)]).run.outputTokens).toBe(5);
  });
});

describe('the limit of credits', () => {
  it('is announced at 85 percent, and enforced by the journal alone', () => {
    const at = (credits: bigint): readonly string[] | null => {
      const verdict = check(run(), 0, { creditsMicro: 1_000_000n }, credits);
      return verdict.end === null ? verdict.reminders : null;
    };
    expect([at(849_999n), at(850_000n), at(2_000_000n)]).toEqual([[], [REMINDERS.wrapUp], [REMINDERS.wrapUp]]);
    expect(check(run(), 0, { creditsMicro: null }, 10n ** 12n)).toEqual({ end: null, reminders: [] });
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

  it('count once in a turn', () => {
    expect(actionsOf([same, same, same, same])).toHaveLength(1);
    expect(actionsOf([same, result('read', { path: 'a' }, 'A'), same])).toHaveLength(2);
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
    const verdict = check(run({ actions: actionsOf([same]).flatMap((key) => [key, key, key]), remindersSinceStep: [REMINDERS.repeated], reminders: [REMINDERS.repeated] }), 0);
    expect(verdict).toEqual({ end: null, reminders: [] });
  });
});

describe('answers that lead nowhere', () => {
  it('end the run after three that cannot be used', () => {
    expect(check(run({ unusableAnswers: 2, lastAnswer: 'empty' }), 0)).toEqual({ end: null, reminders: [REMINDERS.empty] });
    expect(check(run({ unusableAnswers: 3 }), 0).end).toMatchObject({ code: 'stuck' });
  });

  it('end the run after three of any kind that carry no tool out', () => {
    const entries: JournalEntry[] = [];
    const say = (text: string, stop: 'stop' | 'length'): void => {
      const n = entries.length + 1;
      entries.push({ type: 'model.completed', seq: n, callSeq: n, step: n, stop, creditsMicro: 0n, usage: NO_USAGE, message: { role: 'assistant', parts: [{ t: 'text', text }] } });
    };
    const ends = (['', 'I am on it.', ''] as const).map((text) => {
      say(text, text === '' ? 'length' : 'stop');
      const { end } = check(foldJournal(entries).run);
      return end?.kind === 'failed' ? end.message : end;
    });
    expect(ends).toEqual([null, null, 'The agent got stuck. Its last 3 answers used no tool.']);
    expect(check(run({ idleAnswers: 3, lastAnswer: 'text' }), 0, { takesTextAsAnswer: true }).end).toBeNull();
    expect(check(run({ idleAnswers: 3, lastAnswer: 'cut' }), 0, { takesTextAsAnswer: true }).end).toMatchObject({ code: 'stuck' });
  });

  it('are reminders after a text, except where a text may be the work', () => {
    expect(check(run({ textAnswers: 1, lastAnswer: 'text' }), 0)).toEqual({ end: null, reminders: [REMINDERS.noCall] });
    expect(check(run({ textAnswers: 2, lastAnswer: 'text' }), 0).end).toMatchObject({ code: 'incomplete' });
    expect(check(run({ textAnswers: 2, lastAnswer: 'text', remindersSinceStep: ['Refused (citations): x'] }), 0, { takesTextAsAnswer: true })).toEqual({ end: null, reminders: [] });
  });
});
