import { SystemClock } from '@app/common';
import { BlobStore, UnitOfWork } from '@app/domain';
import { aTenant, TaskHouse, type Tenant } from '@app/domain/testing';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import { LogRetentionSweeper } from './retention-logs.sweeper';
import { RetentionSweeper } from './retention.sweeper';

let database: TestDatabase;
let house: TaskHouse;
beforeAll(async () => {
  database = await openTestDatabase();
  house = new TaskHouse(database.dataSource);
});
afterAll(() => database.close());

const sql = <Row>(text: string, parameters: unknown[] = []): Promise<Row[]> => database.dataSource.query(text, parameters);
const lines = async (taskId: string) => (await sql<{ n: number }>('SELECT count(*)::integer AS n FROM task_logs WHERE task_id = $1', [taskId]))[0]!.n;

/** A task with so many lines that many days ago. */
async function aLoggedTask(tenant: Tenant, ...ages: [days: number, lines: number][]): Promise<string> {
  const { taskId } = await house.newTask(tenant);
  let seq = 0;
  for (const [days, count] of ages) {
    await sql(
      `INSERT INTO task_logs (task_id, seq, created_at, level, message) SELECT $1::uuid, $4::integer + n, now() - make_interval(days => $2), 'info', 'x' FROM generate_series(1, $3::integer) n`, [taskId, days, count, seq]);
    seq += count;
  }
  return taskId;
}

describe('log lines', () => {
  const sweep = async (): Promise<number> => {
    const sweeper = new LogRetentionSweeper(new UnitOfWork(database.dataSource), new SystemClock());
    let deleted = 0;
    for (let rounds = 0; rounds < 5; rounds += 1) deleted += await sweeper.run();
    return deleted;
  };

  it('go when the plan keeps them no longer, each organization by its own, in batches', async () => {
    const [month, week, platform] = await Promise.all([
      aTenant(database.dataSource, { plan: { logRetentionDays: 30, maxConcurrentTasks: null } }), aTenant(database.dataSource, { plan: { logRetentionDays: 7 } }), aTenant(database.dataSource, { plan: { logRetentionDays: null } }),
    ]);
    const [a, b, c, d] = [await aLoggedTask(month, [40, 4_500], [20, 3], [0, 2]), await aLoggedTask(week, [20, 4], [6, 1]), await aLoggedTask(platform, [100, 5]), await aLoggedTask(month, [29, 1])];
    expect(await sweep()).toBe(4_504);
    expect(await Promise.all([a, b, c, d].map(lines))).toEqual([5, 1, 5, 1]);
    // What is left keeps its numbers, and new lines come behind it.
    const [first] = await house.logs.read(database.dataSource.manager, { organizationId: month.organization.id, taskId: a, after: 0, limit: 1 });
    expect(first?.seq).toBe(4_501);
    expect(await sweep()).toBe(0);
    // Another plan counts from now on.
    await sql('UPDATE subscription_plans SET log_retention_days = 10 WHERE id = $1', [month.plan.id]);
    expect(await sweep()).toBe(4);
    expect(await lines(a)).toBe(2);
  });

  it('have their next turn hours later, and go on where a round ended', async () => {
    let now = 0;
    const clock = { monotonicMs: () => (now += 600) };
    const tenant = await aTenant(database.dataSource, { plan: { logRetentionDays: 5 } });
    const task = await aLoggedTask(tenant, [9, 4_100]);
    const sweeper = new LogRetentionSweeper(new UnitOfWork(database.dataSource), clock as unknown as SystemClock);
    const rounds = [await sweeper.run(), await sweeper.run(), await sweeper.run(), await sweeper.run()];
    expect(rounds.filter(Boolean).length).toBeGreaterThan(1);
    expect(rounds.reduce((sum, each) => sum + each, 0)).toBe(4_100);
    expect(await lines(task)).toBe(0);
    await aLoggedTask(tenant, [9, 3]);
    while (now < 3_600_000) expect(await sweeper.run()).toBe(0);
    now += 6 * 3_600_000;
    expect(await sweeper.run()).toBe(3);
  });
});

it('keys, sessions, invitations, tokens and blobs go when their time is over, and nothing else does', async () => {
  const ada = await aTenant(database.dataSource);
  const owner = [ada.organization.id, ada.user.id];
  await sql(
    `INSERT INTO organization_invitations (id, organization_id, email, role, token_hash, expires_at) SELECT gen_random_uuid(), $1, n || '@example.com', 'member', sha256(n::text::bytea), now() - make_interval(days => n) FROM unnest(ARRAY[91, 89, -5]) n`, [owner[0]]);
  await sql(
    `INSERT INTO personal_access_tokens (id, organization_id, user_id, name, token_prefix, token_hash, expires_at, revoked_at)
     SELECT gen_random_uuid(), $1, $2, v.name, 'p', sha256(v.name::bytea), v.ended, v.revoked
       FROM (VALUES ('forever', NULL::timestamptz, NULL::timestamptz), ('ended', now() - interval '91 days', NULL), ('revoked', NULL, now() - interval '91 days'), ('young', now() - interval '9 days', NULL)) v(name, ended, revoked)`, owner);
  await sql(
    `INSERT INTO user_sessions (id, user_id, auth_method, expires_at, created_at) SELECT gen_random_uuid(), $1, 'password', now() - make_interval(days => n), now() - interval '99 days' FROM unnest(ARRAY[31, 29]) n`, [owner[1]]);
  const sweeper = new RetentionSweeper(new UnitOfWork(database.dataSource), new BlobStore(), new SystemClock());
  let removed = 0;
  for (let rounds = 0; rounds < 3; rounds += 1) removed += await sweeper.run();
  expect(removed).toBe(4);
  expect((await sql<{ name: string }>('SELECT name FROM personal_access_tokens ORDER BY name')).map(({ name }) => name)).toEqual(['forever', 'young']);
  expect(await sql('SELECT 1 FROM organization_invitations')).toHaveLength(2);
  expect(await sql('SELECT 1 FROM user_sessions')).toHaveLength(1);
});

it('a round of retention ends after a second, and the next goes on', async () => {
  let now = 0;
  const clock = { monotonicMs: () => (now += 700) };
  const sweeper = new RetentionSweeper(new UnitOfWork(database.dataSource), new BlobStore(), clock as unknown as SystemClock);
  await sql(`INSERT INTO organization_invitations (id, organization_id, email, role, token_hash, expires_at)
    SELECT gen_random_uuid(), (SELECT id FROM organizations LIMIT 1), n || '@example.com', 'member', sha256(n::text::bytea), now() - interval '100 days' FROM generate_series(1000, 3500) n`);
  const rounds: number[] = [];
  for (let n = 0; n < 20; n += 1) rounds.push(await sweeper.run());
  expect(rounds.reduce((sum, each) => sum + each, 0)).toBe(2_501);
  expect(Math.max(...rounds)).toBeLessThanOrEqual(2_000);
});
