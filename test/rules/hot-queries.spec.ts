import { dataSourceOptions, seed } from '@app/domain';
import { aGitRepo, aTenant } from '@app/domain/testing';
import { DataSource } from 'typeorm';
import { liveTasks, TASKS_A_SECOND } from '../scale/day';
import { hotQueries, type HotQuery, type Subject } from '../scale/hot-queries';
import { PlanWatch, type RanPlan } from '../scale/plan-watch';
import { fillRows } from '../scale/rows';
import { startPostgres, type RunningPostgres } from '../support/postgres';

/** `npm run scale` makes it a million. */
const TASKS = Number(process.env['SCALE_TASKS'] ?? 20_000);
const EVENTS_EACH = 10;
/** Small ones are read whole, whatever there is: they grow with customers and prices, not with work. */
const GROW = new Set(['tasks', 'task_attempts', 'task_counters', 'task_analytics', 'pull_requests', 'credit_holds', 'credit_transactions', 'credit_entries', 'api_key_usage_logs', 'audit_logs', 'webhook_deliveries', 'webhook_endpoint_deliveries']);

const isLong = TASKS > 100_000;

jest.setTimeout(isLong ? 3_600_000 : 180_000);

const grows = (table: string) => GROW.has(table) || /^task_(events|logs)_/.test(table);

let server: RunningPostgres;
let watch: PlanWatch;
let queries: HotQuery[];
const told: string[] = [];

beforeAll(async () => {
  server = await startPostgres({ durable: false });
  await server.ensureDatabase('scale');
  const url = server.url('scale');
  const source = await new DataSource(dataSourceOptions({ url, poolSize: 2, applicationName: 'scale' })).initialize();
  await source.runMigrations();
  await seed(source);
  await source.destroy();
  await fill(url);
  watch = await PlanWatch.open(url);
  queries = hotQueries(watch.dataSource, await subject());
});
afterAll(async () => {
  if (isLong || process.env['SCALE_TASKS'] !== undefined) process.stdout.write(`${told.join('\n')}\n`);
  await watch?.close();
  await server?.stop();
});

async function fill(url: string): Promise<void> {
  const options = dataSourceOptions({ url, poolSize: 1, applicationName: 'fill' });
  const source = await new DataSource({ ...options, extra: { ...(options.extra as object), statement_timeout: 0, options: '-c TimeZone=UTC -c session_replication_role=replica -c work_mem=256MB' } }).initialize();
  const began = performance.now();
  await fillRows(source, { tasks: TASKS, eventsEach: EVENTS_EACH }, (what) => void (isLong && process.stderr.write(`${what}, ${Math.round((performance.now() - began) / 1_000)} s\n`)));
  await source.destroy();
}

async function subject(): Promise<Subject> {
  const rows = await watch.dataSource.query<Subject[]>(
    `SELECT w.org_id AS "organizationId", w.user_id AS "userId", w.repo_id AS "repositoryId", e.id AS "endpointId",
            (SELECT task_id FROM scale_job j WHERE j.org_n = 0 AND j.status = 'completed' ORDER BY j.n LIMIT 1 OFFSET 500) AS "taskId",
            (SELECT attempt_id FROM scale_job j WHERE j.org_n = 0 AND j.status = 'queued' ORDER BY j.n LIMIT 1) AS "queuedAttemptId",
            (SELECT attempt_id FROM scale_job j WHERE j.status = 'in_progress' ORDER BY j.n LIMIT 1) AS "runningAttemptId",
            (SELECT task_id FROM scale_job j WHERE j.status = 'in_progress' ORDER BY j.n LIMIT 1) AS "runningTaskId",
            (SELECT url FROM pull_requests p WHERE p.repository_id = w.repo_id ORDER BY p.created_at LIMIT 1 OFFSET 100) AS "pullRequestUrl"
       FROM scale_org w JOIN webhook_endpoints e ON e.organization_id = w.org_id WHERE w.n = 0`,
  );
  return rows[0] as Subject;
}

/** Runs it six times, as the sixth may have a plan for any value; each is taken back. */
async function plansOf(query: HotQuery): Promise<RanPlan[]> {
  const runner = watch.dataSource.createQueryRunner();
  let plans: RanPlan[] = [];
  try {
    for (let times = 0; times < 6; times++) {
      await runner.startTransaction();
      plans = await watch.of(() => query.run(runner.manager));
      await runner.rollbackTransaction();
    }
  } finally {
    if (runner.isTransactionActive) await runner.rollbackTransaction();
    await runner.release();
  }
  return plans;
}

/** What is wrong with how a query ran; none: it is as small as it should be. */
function faults(query: HotQuery, plans: readonly RanPlan[]): string[] {
  const whole = new Set(plans.flatMap((plan) => Object.keys(plan.wholeTables).filter((table) => grows(table) && plan.wholeTables[table]! > 0)));
  const rows = plans.flatMap((plan) => Object.entries(plan.rowsRead)).reduce((sum, [table, read]) => (grows(table) ? sum + read : sum), 0);
  const partitions = [...new Set(plans.flatMap((plan) => plan.partitions))];
  told.push(`${query.name}: ${rows} rows, ${partitions.length} partitions, ${[...new Set(plans.flatMap((plan) => plan.indexes))].join(' ')}`);
  return [
    ...(plans.length === 0 ? ['ran no statement'] : []),
    ...(whole.size > 0 ? [`reads all of ${[...whole].join(', ')}`] : []),
    ...(rows > query.mostRows ? [`looks at ${rows} rows, not ${query.mostRows}`] : []),
    ...(partitions.length > (query.mostPartitions ?? 0) ? [`looks into ${partitions.join(', ')}`] : []),
  ].map((fault) => `${query.name} ${fault}`);
}

it(`each hot query stays small among ${TASKS} tasks and ${TASKS * EVENTS_EACH} events`, async () => {
  const wrong: string[] = [];
  for (const query of queries) wrong.push(...faults(query, await plansOf(query)));
  expect(wrong).toEqual([]);
});

it('a task costs the database no more than the plan for a million a day reckons with', async () => {
  const source = watch.dataSource;
  const tenants = [];
  for (let n = 0; n < 8; n++) {
    const tenant = await aTenant(source, { plan: { maxConcurrentTasks: null }, creditsMicro: 10n ** 12n });
    tenants.push({ ...tenant, repositoryId: (await aGitRepo(source, { organizationId: tenant.organization.id })).id });
  }
  const figures = await liveTasks(server.url('scale'), tenants, isLong ? 400 : Number(process.env['SCALE_LIVES'] ?? 8), 8);
  told.push(`one task: ${figures.transactions.toFixed(0)} transactions, ${figures.rowsWritten.toFixed(0)} rows written, ${figures.walKiB.toFixed(0)} KiB of WAL, ${figures.databaseMs.toFixed(0)} ms of PostgreSQL's and ${figures.programMs.toFixed(0)} ms of the program's processor time; ${figures.tasksPerSecond.toFixed(1)} tasks a second, ${(figures.tasksPerSecond / TASKS_A_SECOND).toFixed(2)} times a million a day`);
  // docs/capacity.md multiplies these.
  expect(figures.transactions).toBeLessThan(120);
  expect(figures.rowsWritten).toBeLessThan(500);
  expect(figures.walKiB).toBeLessThan(400);
});

it('the watch itself sees a table that is read whole', async () => {
  const [plan] = await watch.of(() => watch.dataSource.query(`SELECT count(*) FROM tasks WHERE title = 'x'`));
  expect(plan?.wholeTables['tasks']).toBeGreaterThan(TASKS * 0.9);
  expect(plan?.rowsRead['tasks']).toBeGreaterThan(TASKS * 0.9);
});
