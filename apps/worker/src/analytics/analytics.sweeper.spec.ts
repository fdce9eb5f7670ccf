import { FakeClock } from '@app/common/testing';
import type { CreditFold, UnitOfWork, UsageFold } from '@app/domain';
import { AnalyticsSweeper } from './analytics.sweeper';

/** @param waiting calls that wait; null: another process folds */
function setUp(waiting: number | null, accounts: string[], msEach = 1) {
  const clock = new FakeClock();
  const state = { waiting, folded: [] as string[] };
  const usage = {
    fold: (_: unknown, limit: number) => {
      clock.advance(msEach);
      if (state.waiting === null) return Promise.resolve({ calls: null, rows: 0 });
      const calls = Math.min(limit, state.waiting);
      state.waiting -= calls;
      return Promise.resolve({ calls, rows: calls === 0 ? 0 : 3 });
    },
  } as unknown as UsageFold;
  const credits = {
    behind: () => Promise.resolve(accounts.filter((id) => !state.folded.includes(id))),
    fold: (_: unknown, id: string) => {
      clock.advance(msEach);
      return Promise.resolve(state.waiting === null ? null : state.folded.push(id));
    },
  } as unknown as CreditFold;
  const work = { reader: {}, run: (what: (tx: unknown) => Promise<unknown>) => what({}) } as unknown as UnitOfWork;
  return { state, sweeper: new AnalyticsSweeper(work, usage, credits, clock) };
}

it('folds all that waits, batch by batch, and every account that is behind', async () => {
  const { sweeper, state } = setUp(4_500, ['a', 'b']);
  expect(await sweeper.run()).toBe(9 + 2);
  expect(state).toEqual({ waiting: 0, folded: ['a', 'b'] });
  expect(await sweeper.run()).toBe(0);
});

it('leaves the rest to the next round after a second, and no account behind for ever', async () => {
  const { sweeper, state } = setUp(100_000, ['a', 'b', 'c'], 400);
  await sweeper.run();
  expect(state).toEqual({ waiting: 94_000, folded: ['a'] });
  await sweeper.run();
  expect(state).toEqual({ waiting: 88_000, folded: ['a', 'b'] });
});

it('goes away when another process folds', async () => {
  const { sweeper, state } = setUp(null, ['a']);
  expect(await sweeper.run()).toBe(0);
  expect(state.folded).toEqual([]);
});
