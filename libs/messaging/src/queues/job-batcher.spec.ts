import { JobBatcher, type PendingJob } from './job-batcher';

const job = (id: number): PendingJob => ({ id: String(id), data: {}, priority: 0 });

function setup(add: (jobs: readonly PendingJob[]) => Promise<unknown>, deadlineMs = 5_000): { batcher: JobBatcher; batches: number[]; failures: [string, number][] } {
  const batches: number[] = [];
  const failures: [string, number][] = [];
  const options = { add: (jobs: readonly PendingJob[]) => (batches.push(jobs.length), add(jobs)), onFailure: (error: Error, jobs: number) => void failures.push([error.message, jobs]), deadlineMs };
  return { batcher: new JobBatcher(options), batches, failures };
}

describe('JobBatcher', () => {
  it('adds jobs of one moment together, and those that come meanwhile in the next round', async () => {
    let release = (): void => undefined;
    const { batcher, batches } = setup(() => new Promise<void>((resolve) => (release = resolve)));
    const first = [1, 2, 3].map((id) => batcher.add(job(id)));
    await new Promise((resolve) => setTimeout(resolve, 20));
    const second = [4, 5].map((id) => batcher.add(job(id)));
    release();
    expect(await Promise.all(first)).toEqual([true, true, true]);
    await new Promise((resolve) => setTimeout(resolve, 20));
    release();
    expect(await Promise.all(second)).toEqual([true, true]);
    expect(batches).toEqual([3, 2]);
    await batcher.idle();
  });

  it('answers false when the add fails or takes too long, says so once, and goes on', async () => {
    let mode = 'fail';
    const { batcher, failures } = setup(() => (mode === 'fail' ? Promise.reject(new Error('away')) : mode === 'hang' ? new Promise(() => undefined) : Promise.resolve()), 50);
    expect(await Promise.all([1, 2].map((id) => batcher.add(job(id))))).toEqual([false, false]);
    mode = 'hang';
    expect(await batcher.add(job(3))).toBe(false);
    mode = 'work';
    expect(await batcher.add(job(4))).toBe(true);
    expect(failures).toEqual([['away', 2], [expect.stringContaining('50 ms'), 1]]);
  });

  it('leaves to the sweeper what comes on top of ten thousand', async () => {
    const { batcher, failures, batches } = setup(() => Promise.resolve());
    const added = await Promise.all(Array.from({ length: 10_001 }, (_, id) => batcher.add(job(id))));
    expect(added.filter((ok) => !ok)).toHaveLength(1);
    expect(failures).toHaveLength(1);
    expect(Math.max(...batches)).toBeLessThanOrEqual(500);
  });
});
