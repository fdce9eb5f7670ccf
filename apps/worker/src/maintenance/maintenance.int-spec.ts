import { BillingModule } from '@app/billing';
import { BillingHouse } from '@app/billing/testing';
import { AppConfig, Clock, Logger, SystemClock } from '@app/common';
import { AttemptStore, BlobStore, CandidateSweeps, CreditFold, DeliveryClaims, GithubInstallationSyncStore, ModelUsageStore, SubscriptionUsageStore, UsageFold, PartitionStore, TaskSweeps, UnitOfWork, type Tx, WebhookInboxStore, WebhookSweepStore } from '@app/domain';
import { aTenant, TaskHouse, WebhookHouse, type Tenant } from '@app/domain/testing';
import { JobProducer, TaskEventBus } from '@app/messaging';
import { Global, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import { MaintenanceModule } from './maintenance.module';
import { MaintenanceSchedule, Sweepers } from './schedule';
import { Sweeper, sweepEach } from './sweeper';

let database: TestDatabase;
let house: TaskHouse;
let billing: BillingHouse;
let tenant: Tenant;
const added: { attemptId: string; urgency: string }[] = [];
const news: string[] = [];
const logger = Logger.create('silent', 'test');

beforeAll(async () => {
  database = await openTestDatabase();
  house = new TaskHouse(database.dataSource);
  billing = new BillingHouse(database.dataSource);
  tenant = await aTenant(database.dataSource, { plan: { maxConcurrentTasks: null } });
});
beforeEach(() => {
  added.length = 0;
  news.length = 0;
});
afterAll(() => database.close());

/** The module as the worker puts it together, with the queue and the bus written down instead of sent. */
async function maintenance(): Promise<{ run: (name: string) => Promise<number>; schedule: MaintenanceSchedule }> {
  const jobs = { enqueue: (_: string, { attemptId }: { attemptId: string }, urgency = 'high') => Promise.resolve(added.push({ attemptId, urgency }) > 0) };
  const globals = [
    { provide: Clock, useClass: SystemClock }, { provide: Logger, useValue: logger }, { provide: UnitOfWork, useValue: house.work }, { provide: JobProducer, useValue: jobs },
    { provide: TaskEventBus, useValue: { publishNews: (taskId: string) => news.push(taskId) } }, { provide: AttemptStore, useValue: house.attempts },
    { provide: TaskSweeps, useValue: house.sweeps }, { provide: CandidateSweeps, useValue: house.candidateSweeps }, { provide: BlobStore, useValue: house.blobs }, { provide: DeliveryClaims, useValue: new WebhookHouse(database.dataSource).claims }, WebhookInboxStore, WebhookSweepStore, GithubInstallationSyncStore, ModelUsageStore, SubscriptionUsageStore, UsageFold, CreditFold, PartitionStore,
    { provide: AppConfig, useValue: { core: { DISABLED_INTEGRATIONS: [] }, github: {}, worker: { TASK_LOG_RETENTION_MONTHS: 6, TASK_EVENT_RETENTION_MONTHS: 13 } } },
  ];
  @Global()
  @Module({ providers: globals, exports: globals.map((one) => ('provide' in one ? one.provide : one)) })
  class Surroundings {}
  const module = await Test.createTestingModule({ imports: [Surroundings, BillingModule, MaintenanceModule.with([])] }).compile();
  const sweepers = module.get(Sweepers).all;
  return { run: (name) => sweepers.find((sweeper) => sweeper.name === name)!.run(), schedule: module.get(MaintenanceSchedule) };
}

const view = async (taskId: string) => (await house.tasks.findForOrganization(database.dataSource.manager, tenant.organization.id, taskId))!;

describe('the sweepers', () => {
  it('take a task from a dead worker: next attempt queued and enqueued, its hold given back', async () => {
    const { run } = await maintenance();
    const attempt = await house.runningTask(tenant);
    await billing.hold({ ...attempt, organizationId: tenant.organization.id }, 1, 5n);
    await house.passLease(attempt.attemptId);
    const healthy = await house.runningTask(tenant);
    expect(await run('lease')).toBe(1);
    const task = await view(attempt.taskId);
    expect(task).toMatchObject({ status: 'queued', statusReason: 'worker_lost', attemptNumber: 2, creditsHeldMicro: 0n });
    expect(news).toEqual([attempt.taskId]);
    expect(added).toHaveLength(1);
    expect(await house.claim(added[0]!.attemptId)).toMatchObject({ number: 2, stage: 'agent' });
    expect((await view(healthy.taskId)).status).toBe('in_progress');
    expect((await billing.accounts.balance(database.dataSource.manager, tenant.organization.id)).heldMicro).toBe(0n);
    expect(await run('lease')).toBe(0);
  });

  it('go on behind a row that cannot be swept', async () => {
    const { run } = await maintenance();
    const [first, second] = [await house.runningTask(tenant), await house.runningTask(tenant)];
    for (const { attemptId } of [first, second]) await house.passLease(attemptId);
    // A state that must not exist: a running attempt of a task that has ended.
    await database.dataSource.query(`UPDATE tasks SET status = 'completed', completed_at = now() WHERE id = $1`, [first.taskId]);
    expect(await run('lease')).toBe(1);
    expect((await view(second.taskId)).status).toBe('queued');
    await database.dataSource.query(`UPDATE task_attempts SET status = 'lost', finished_at = now() WHERE id = $1`, [first.attemptId]);
  });

  it('add jobs again that got no further within 5 s, with their task’s urgency', async () => {
    const { run } = await maintenance();
    const { attemptId: fresh } = await house.newTask(tenant);
    const { attemptId } = await house.newTask(tenant, { priority: 'low' });
    await database.dataSource.query(`UPDATE task_attempts SET available_at = now() - interval '6 s' WHERE id = $1`, [attemptId]);
    await run('stuck-rows');
    expect(added).toContainEqual({ attemptId, urgency: 'low' });
    expect(added.map((job) => job.attemptId)).not.toContain(fresh);
  });

  it('end what is overdue, start what is scheduled, free what is held, drop what is old', async () => {
    const { run } = await maintenance();
    const overdue = await house.newTask(tenant);
    await database.dataSource.query(`UPDATE tasks SET deadline_at = now() - interval '1 s' WHERE id = $1`, [overdue.taskId]);
    const scheduled = await house.newTask(tenant, { status: 'scheduled', scheduledAt: new Date(Date.now() - 1_000) });
    const attempt = await house.runningTask(tenant);
    await billing.hold({ ...attempt, organizationId: tenant.organization.id }, 1, 5n);
    await database.dataSource.query(`UPDATE credit_holds SET expires_at = now() - interval '1 s' WHERE attempt_id = $1`, [attempt.attemptId]);
    await house.work.run((tx) => house.blobs.put(tx, tenant.organization.id, { mediaType: 'text/plain', content: Buffer.from('x'), expiresAt: new Date(Date.now() - 1_000) }));
    await database.dataSource.query('DROP TABLE IF EXISTS task_logs_2020_01');
    await database.dataSource.query(`CREATE TABLE task_logs_2020_01 PARTITION OF task_logs FOR VALUES FROM ('2020-01-01Z') TO ('2020-02-01Z')`);
    expect([await run('deadline'), await run('scheduled-tasks'), await run('credits'), await run('retention'), await run('partitions')]).toEqual([1, 1, 1, 1, 1]);
    expect((await view(overdue.taskId)).status).toBe('timed_out');
    expect(await view(scheduled.taskId)).toMatchObject({ status: 'queued', attemptNumber: 1 });
    expect((await view(attempt.taskId)).creditsHeldMicro).toBe(0n);
  });
});

describe('the schedule', () => {
  class Counting extends Sweeper {
    readonly name = 'counting';
    readonly everyMs = 0;
    rounds = 0;
    atOnce = 0;
    most = 0;

    async run(): Promise<number> {
      this.rounds++;
      this.most = Math.max(this.most, ++this.atOnce);
      await database.dataSource.query('SELECT pg_sleep(0.05)');
      this.atOnce--;
      return 0;
    }
  }

  it('lets one process at a time make a round', async () => {
    const counting = new Counting();
    const processes = Array.from({ length: 5 }, () => new MaintenanceSchedule(house.work, new Sweepers([counting]), new SystemClock(), logger));
    const rounds = await Promise.all(processes.map((one) => one.round('housekeeping')));
    expect(rounds.filter(Boolean).length).toBe(counting.rounds);
    expect(counting).toMatchObject({ most: 1, rounds: 1 });
    expect(await processes[4]!.round('housekeeping')).toBe(true);
  });

  it('keeps what stands still apart from what takes its time', async () => {
    const slow = new Counting();
    const quick = new (class extends Counting {
      override readonly lane = 'recovery';
    })();
    let end: ((rows: number) => void) | null = null;
    slow.run = () => new Promise((resolve) => (end = resolve));
    const schedule = new MaintenanceSchedule(house.work, new Sweepers([slow, quick]), new SystemClock(), logger);
    const waiting = schedule.round('housekeeping');
    while (end === null) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(await schedule.round('recovery')).toBe(true);
    expect(quick.rounds).toBe(1);
    (end as (rows: number) => void)(0);
    expect(await waiting).toBe(true);
    expect(quick.rounds).toBe(1);
  });

  it('goes on after a sweeper that fails, and stops when told to', async () => {
    const failing = new (class extends Counting {
      override run = () => Promise.reject(new Error('down'));
    })();
    const counting = new Counting();
    const schedule = new MaintenanceSchedule(house.work, new Sweepers([failing, counting]), new SystemClock(), logger);
    schedule.onApplicationBootstrap();
    while (counting.rounds === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    await schedule.onModuleDestroy();
    const rounds = counting.rounds;
    expect(counting.atOnce).toBe(0);
    expect(await schedule.round('housekeeping')).toBe(true);
    expect(counting.rounds).toBe(rounds);
  });
});

it('each row is swept by itself', async () => {
  const handled = await sweepEach([1, 2, 3], logger, (n) => (n === 2 ? Promise.reject(new Error('no')) : Promise.resolve(n === 1)));
  expect(handled).toBe(1);
});

describe('writers of one organization', () => {
  it('never wait for each other in a circle', async () => {
    const { run } = await maintenance();
    const organizationId = tenant.organization.id;
    const attempts = await Promise.all(Array.from({ length: 6 }, () => house.runningTask(tenant)));
    const nudge = { type: 'nudge' as const, data: { text: 'x' } };
    /** A step as the worker takes it: hold, settle, logs beside it, checkpoint, and at last the end. */
    const work = async (attempt: (typeof attempts)[number]) => {
      const { taskId, attemptId } = attempt;
      const fenced = (write: (tx: Tx) => Promise<unknown>) => house.work.run(async (tx) => { await house.attempts.fence(tx, attempt); await write(tx); });
      for (let callSeq = 1; callSeq <= 12; callSeq++) {
        await fenced(async (tx) => {
          await house.events.append(tx, taskId, attemptId, [nudge]);
          expect(await billing.ledger.hold(tx, { organizationId, taskId, attemptId, callSeq, amountMicro: 5n, costNusd: 0n, priceId: null, apiKeyId: null })).toMatchObject({ granted: true });
        });
        await Promise.all([
          fenced((tx) => house.logs.append(tx, taskId, attemptId, [{ level: 'info', source: 'tool', message: 'line' }])),
          fenced(async (tx) => { await billing.ledger.settle(tx, { attemptId, callSeq }, { micro: 6n, nusd: 0n }); await house.events.append(tx, taskId, attemptId, [nudge]); }),
          house.attempts.heartbeat(database.dataSource.manager, attempt),
        ]);
        await house.work.run(async (tx) => {
          await house.attempts.saveCheckpoint(tx, attempt, { step: callSeq, commit: 'c', tree: 't' }, Buffer.from('b'));
          await house.events.append(tx, taskId, attemptId, [nudge]);
        });
      }
      await house.work.run((tx) => house.lifecycle.finish(tx, attempt, { kind: 'completed' }, (inner, id) => billing.ledger.releaseOpenHolds(inner, id)));
    };
    const people = async ({ taskId }: (typeof attempts)[number]) => {
      for (let n = 0; n < 8; n++) {
        await house.work.run((tx) => house.tasks.update(tx, { organizationId, id: taskId }, { title: `Title ${n}` }, null));
        await house.work.run((tx) => house.messages.append(tx, { taskId, attemptId: null, role: 'user', authorUserId: tenant.user.id, content: 'And?' }));
        await house.work.run((tx) => house.commands.requestCancel(tx, { organizationId, id: taskId }));
      }
    };
    const sweepers = async () => { for (let n = 0; n < 8; n++) for (const name of ['lease', 'deadline', 'credits', 'stuck-rows']) await run(name); };
    await Promise.all([...attempts.map(work), ...attempts.map(people), sweepers()]);
    for (const { taskId } of attempts) expect(await view(taskId)).toMatchObject({ status: 'completed', creditsUsedMicro: 72n, creditsHeldMicro: 0n });
    const unexplained = await billing.unexplained();
    expect(unexplained.filter(({ rule }) => !rule.includes('usage rows'))).toEqual([]);
  });
});
