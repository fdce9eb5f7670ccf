import { FakeClock } from '@app/common/testing';
import type { ModelUsageStore, UnitOfWork } from '@app/domain';
import { ModelUsageSweeper } from './model-usage.sweeper';

function setUp(models: string[], msEach: number) {
  const clock = new FakeClock();
  const summed: string[] = [];
  const usage = {
    models: () => Promise.resolve([...models]),
    rollUp: (_: unknown, id: string) => {
      clock.advance(msEach);
      if (id === 'broken') return Promise.reject(new Error('no'));
      return Promise.resolve(summed.push(id) > 0 ? 2 : 0);
    },
  } as unknown as ModelUsageStore;
  const work = { reader: {}, run: (what: (tx: unknown) => Promise<unknown>) => what({}) } as unknown as UnitOfWork;
  return { clock, summed, sweeper: new ModelUsageSweeper(work, usage, clock) };
}

it('sums up every model, then rests for five minutes', async () => {
  const { sweeper, summed, clock } = setUp(['a', 'b', 'c'], 1);
  expect(await sweeper.run()).toBe(6);
  expect(await sweeper.run()).toBe(0);
  expect(summed).toEqual(['a', 'b', 'c']);
  clock.advance(300_000);
  expect(await sweeper.run()).toBe(6);
});

it('leaves the round to others after half a second, and goes on where it was', async () => {
  const { sweeper, summed } = setUp(['a', 'b', 'c', 'd', 'e'], 300);
  await sweeper.run();
  expect(summed).toEqual(['a', 'b']);
  await sweeper.run();
  await sweeper.run();
  expect(summed).toEqual(['a', 'b', 'c', 'd', 'e']);
});

it('goes on behind a model that cannot be summed up', async () => {
  const { sweeper, summed } = setUp(['a', 'broken', 'c'], 1);
  await expect(sweeper.run()).rejects.toThrow('no');
  await sweeper.run();
  expect(summed).toEqual(['a', 'c']);
});

it('has nothing to do without models', async () => {
  expect(await setUp([], 1).sweeper.run()).toBe(0);
});
