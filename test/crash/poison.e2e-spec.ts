import { TaskHouse } from '../support/task-house';
import { WorkerProcess } from '../support/worker-process';

const PROMPT = 'The test suite fails: fix the bug that makes it fail. Change the source, not the test.';

/** A task that kills whoever works on it is given up, and harms nobody else. */
describe('a task that its workers die of', () => {
  let house: TaskHouse;

  beforeAll(async () => {
    house = await TaskHouse.open({}, ['--worker', '0']);
  }, 180_000);

  afterAll(async () => {
    await house?.close();
  }, 60_000);

  /** A worker that dies in the midst of the first task that it gets. Its lease is let pass at once, for nobody here waits 15 s to see time go by. */
  async function dieOfIt(): Promise<void> {
    const worker = await WorkerProcess.start(house.running, { CRASH_AT: 'T3-after' });
    expect(await worker.ended).toMatchObject({ signal: 'SIGKILL' });
    const { rows } = await house.database.query(`UPDATE task_attempts SET lease_expires_at = now() WHERE status = 'running' RETURNING task_id`);
    expect(rows).toEqual([{ task_id: poison }]);
  }

  let poison: string;

  it('ends after three of them; its credits are given back, and the others get done', async () => {
    poison = await house.handIn({ prompt: PROMPT });
    for (let death = 0; death < 3; death += 1) await dieOfIt();

    const other = await house.handIn({ prompt: PROMPT });
    const survivor = await WorkerProcess.start(house.running);
    const ended = await house.ada.until(poison, ['failed', 'completed']);
    expect(ended).toMatchObject({ status: 'failed', statusReason: 'worker_lost', attemptCount: 3, credits: { heldMicros: 0 } });
    expect(await house.ada.until(other, ['failed', 'completed'])).toMatchObject({ status: 'completed', attemptCount: 1, pullRequest: { status: 'open' } });
    const { rows } = await house.database.query<{ held: string }>(`SELECT count(*) AS held FROM credit_holds WHERE status = 'held'`);
    expect(rows).toEqual([{ held: '0' }]);
    await survivor.stop();
  }, 180_000);
});
