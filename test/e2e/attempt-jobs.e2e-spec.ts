import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubernetesPeer, startKubernetes } from '../support/kubernetes-peer';
import { TaskHouse } from '../support/task-house';
import { WorkerProcess } from '../support/worker-process';

const FIX = { prompt: 'The test suite fails: fix the bug that makes it fail. Change the source, not the test.' };

/** The worker claims and makes Jobs; the Jobs' processes do the work. */
describe('each attempt is a Job of its own', () => {
  let house: TaskHouse;
  let cluster: KubernetesPeer;
  let worker: WorkerProcess;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'async-coder-cluster-'));
    house = await TaskHouse.open({}, ['--worker', '0']);
    cluster = await startKubernetes({
      workdir: join(__dirname, '../..'),
      secrets: { 'async-coder-secrets': house.running.settings },
      // Each pod has an empty disk.
      node: () => ({ WORKER_DATA_DIR: house.running.newWorkerFolder() }),
      logFile: (job) => join(house.running.logFolder, `${job}.log`),
    });
    const settings = { ATTEMPT_LAUNCHER: 'kubernetes', KUBERNETES_API_URL: cluster.url, KUBERNETES_ACCOUNT_DIR: cluster.mountAccount(join(folder, 'account')), WORKER_DATA_DIR: house.running.newWorkerFolder() };
    worker = await WorkerProcess.start(house.running, settings);
  }, 180_000);

  afterAll(async () => {
    await worker?.stop();
    await cluster?.stop();
    await house?.close();
    rmSync(folder, { recursive: true, force: true });
  }, 120_000);

  const until = async (test: () => boolean | Promise<boolean>, seconds = 60): Promise<void> => {
    for (const end = Date.now() + seconds * 1_000; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 100))) if (await test()) return;
    throw new Error('it did not come to that');
  };
  const attemptsOf = async (taskId: string): Promise<{ status: string; fence: string }[]> =>
    (await house.database.query<never>('SELECT status, fence::text, worker_id AS "workerId", number FROM task_attempts WHERE task_id = $1 ORDER BY number', [taskId])).rows;
  const statusOf = async (taskId: string): Promise<unknown> => (await house.ada.get(`/tasks/${taskId}`)).body.status;
  const jobsOf = (taskId: string) => [...cluster.jobs.values()].filter(({ job }) => job.metadata.labels?.['async-coder/task'] === taskId);

  it('cancels in the Job, and ends it', async () => {
    await house.model('faults', { match: { text: 'CANCEL-JOB' }, delayMs: 30_000, times: 5 });
    const id = await house.handIn({ prompt: 'CANCEL-JOB: fix the bug.' });
    await until(async () => (await statusOf(id)) === 'in_progress');
    expect((await house.ada.post(`/tasks/${id}/cancel`, {})).status).toBeLessThan(300);
    await until(async () => (await statusOf(id)) === 'cancelled', 20);
    await until(() => jobsOf(id).every((job) => job.hasEnded));
    expect(await attemptsOf(id)).toMatchObject([{ status: 'cancelled', fence: '2' }]);
    await house.model('reset');
  }, 90_000);

  it('goes on in another Job when the first one dies, and though the worker that made it ends', async () => {
    const id = await house.handIn(FIX);
    const isTakenOver = async (number: number): Promise<boolean> => (await attemptsOf(id))[number - 1]?.fence === '2';
    await until(() => isTakenOver(1));
    jobsOf(id)[0]!.kill();
    await until(() => isTakenOver(2));
    // The Job has taken the attempt over: nobody needs the worker that claimed it.
    await worker.kill();
    const events = await house.ada.stream(id, 0);
    expect(events.at(-1)).toMatchObject({ event: 'done', data: { status: 'completed' } });
    const [, job] = jobsOf(id);
    expect(await attemptsOf(id)).toMatchObject([{ number: 1, status: 'lost' }, { number: 2, status: 'succeeded', workerId: expect.stringMatching(`:${job!.pid}$`) as string }]);
    await until(() => job!.hasEnded);
    expect(job!.status).toMatchObject({ succeeded: 1 });
    expect(readFileSync(join(house.running.logFolder, `${job!.name}.log`), 'utf8')).toContain('attempt ended');
  }, 150_000);
});
