import { Logger, SystemClock } from '@app/common';
import { BillingHouse } from '@app/billing/testing';
import { aTenant, TaskHouse, type Tenant } from '@app/domain/testing';
import type { JobProducer, TaskEventBus } from '@app/messaging';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import { AttemptRunner } from './attempt-runner';
import type { AttemptWork } from './attempt-work';
import type { CrashPoints } from './crash-points';
import { RunnerRows } from './runner-rows';

let database: TestDatabase;
let house: TaskHouse;
beforeAll(async () => {
  database = await openTestDatabase();
  house = new TaskHouse(database.dataSource);
});
afterAll(() => database.close());

type Job = { readonly attemptId: string };

/** A worker with a queue in memory; what it runs ends when it is told to. */
class Worker {
  readonly jobs: Job[] = [];
  readonly ran: string[] = [];
  readonly #running: { taskId: string; end: () => void }[] = [];
  readonly runner: AttemptRunner;

  constructor() {
    const work = { run: ({ taskId }: { taskId: string }) => new Promise((resolve) => { this.ran.push(taskId); this.#running.push({ taskId, end: () => resolve({ kind: 'completed' }) }); }) };
    const jobs = { enqueue: (_: string, job: Job) => Promise.resolve(this.jobs.push(job) > 0) };
    const bus = { publishNews: () => undefined, subscribe: () => () => undefined };
    const { ledger } = new BillingHouse(database.dataSource);
    const rows = new RunnerRows(house.work, house.lifecycle, house.attempts, ledger, new SystemClock(), house.candidateRounds);
    this.runner = new AttemptRunner(rows, work as unknown as AttemptWork, bus as unknown as TaskEventBus, jobs as unknown as JobProducer, { reach: () => undefined } as unknown as CrashPoints, Logger.create('silent', 'test'));
  }

  /** Takes the next job; resolves when an attempt runs, or the job came to nothing. */
  async take(): Promise<void> {
    const job = this.jobs.shift();
    if (!job) return;
    const before = this.ran.length;
    const done = this.runner.run(job.attemptId, new AbortController().signal);
    while (this.ran.length === before && (await Promise.race([done.then(() => true), pause()])) !== true);
    if (this.ran.length > before) this.#ends.push(done);
  }

  /** Ends what began first. */
  async endOne(): Promise<void> {
    this.#running.shift()?.end();
    await this.#ends.shift();
  }

  get busy(): number {
    return this.#running.length;
  }

  readonly #ends: Promise<unknown>[] = [];
}

const pause = () => new Promise<false>((resolve) => setTimeout(() => resolve(false), 5));

async function add(worker: Worker, tenant: Tenant, count: number): Promise<string[]> {
  const added: string[] = [];
  for (let n = 0; n < count; n++) {
    const { taskId, attemptId } = await house.newTask(tenant);
    worker.jobs.push({ attemptId });
    added.push(taskId);
  }
  return added;
}

it('an organization with many tasks delays the first of another by one task at most, and no job is lost by it', async () => {
  const [many, few] = [await aTenant(database.dataSource, { plan: { maxConcurrentTasks: null } }), await aTenant(database.dataSource, { plan: { maxConcurrentTasks: null } })];
  const worker = new Worker();
  const theirs = await add(worker, many, 12);
  for (let slot = 0; slot < 2; slot++) await worker.take();
  const [first] = await add(worker, few, 1);
  await worker.endOne();
  await worker.take();
  expect(worker.ran).toEqual([theirs[0], theirs[1], first]);
  for (let turn = 0; turn < 30 && (worker.busy > 0 || worker.jobs.length > 0); turn++) {
    await worker.endOne();
    while (worker.busy < 2 && worker.jobs.length > 0) await worker.take();
  }
  expect(worker.ran).toEqual([theirs[0], theirs[1], first, ...theirs.slice(2)]);
  expect(worker.jobs).toEqual([]);
}, 60_000);

it('one at the limit of its plan waits, wakes its next task itself, and holds up nobody', async () => {
  const [limited, other] = [await aTenant(database.dataSource, { plan: { maxConcurrentTasks: 1 } }), await aTenant(database.dataSource, { plan: { maxConcurrentTasks: null } })];
  const worker = new Worker();
  const theirs = await add(worker, limited, 3);
  const others = await add(worker, other, 2);
  for (let job = 0; job < 5; job++) await worker.take();
  expect([...worker.ran].sort()).toEqual([theirs[0], ...others].sort());
  while (worker.busy > 0) {
    await worker.endOne();
    while (worker.jobs.length > 0) await worker.take();
  }
  expect([...worker.ran].sort()).toEqual([...theirs, ...others].sort());
}, 60_000);
