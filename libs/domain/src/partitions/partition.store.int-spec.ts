import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import { aTenant, TaskHouse, type Tenant } from '../testing';
import { PartitionStore } from './partition.store';

const partitions = new PartitionStore();
let database: TestDatabase;
let house: TaskHouse;
let tenant: Tenant;
beforeEach(async () => {
  database = await openTestDatabase();
  house = new TaskHouse(database.dataSource);
  tenant = await aTenant(database.dataSource, { plan: { maxConcurrentTasks: null } });
});
afterEach(() => database.close());

const sql = <Row>(text: string, parameters: unknown[] = []): Promise<Row[]> => database.dataSource.query(text, parameters);
const names = async () => (await sql<{ name: string }>('SELECT name FROM task_event_partitions() ORDER BY to_id')).map(({ name }) => name);
const lying = async (taskId: string) => (await sql<{ in: string }>('SELECT DISTINCT tableoid::regclass::text AS in FROM task_events WHERE task_id = $1', [taskId])).map((row) => row.in);
const drop = (keepMonths: number) => house.work.run((tx) => partitions.drop(tx, 'task_events', keepMonths));

/** A task with one event, with an id as if made so many months after now; random: an id that tells no time. */
async function taskOf(months: number | 'random', ended = false): Promise<string> {
  const { taskId } = await house.newTask(tenant);
  const [id] = await sql<{ id: string }>(
    months === 'random' ? 'SELECT gen_random_uuid()::text AS id' : `SELECT overlay(first_id_at(now() + make_interval(months => ${months}))::text PLACING '7abc-8def-${taskId.slice(-12)}' FROM 15) AS id`);
  await sql(
    `INSERT INTO tasks (id, organization_id, user_id, repository_id, title, prompt, branch, target_branch, status, completed_at)
     SELECT $1, organization_id, user_id, repository_id, title, prompt, branch, target_branch, $3, CASE WHEN $3 = 'completed' THEN now() - interval '40 days' END FROM tasks WHERE id = $2`, [id!.id, taskId, ended ? 'completed' : 'paused']);
  await sql('INSERT INTO task_counters (task_id) VALUES ($1)', [id!.id]);
  await house.work.run((tx) => house.events.append(tx, id!.id, null, [{ type: 'nudge', data: { text: 'a' } }]));
  return id!.id;
}

describe('events', () => {
  it('lie in the partition of the month in which their task was made, and one page reads one partition', async () => {
    const now = await taskOf(0);
    const later = await taskOf(3);
    const [month] = await sql<{ name: string }>(`SELECT to_char((now() AT TIME ZONE 'UTC') + interval '3 months', 'YYYY_MM') AS name`);
    expect(await lying(now)).toEqual(['task_events_history']);
    expect(await lying(later)).toEqual([`task_events_${month!.name}`]);
    const plan = await sql<{ 'QUERY PLAN': string }>(`EXPLAIN SELECT * FROM task_events WHERE task_id = '${later}' AND seq > 0 ORDER BY seq LIMIT 20`);
    const text = plan.map((line) => line['QUERY PLAN']).join('\n');
    expect(text).toContain(`task_events_${month!.name}`);
    expect(text).not.toContain('task_events_history');
  });

  it('find their partition when they are made, once, and every month ahead has one', async () => {
    const before = await names();
    expect(await house.work.run((tx) => partitions.ensure(tx, 'task_events'))).toBe(0);
    expect(await names()).toEqual(before);
    const ends = await sql<{ covered: boolean }>(`SELECT max(to_id::text) = first_id_at(date_trunc('month', now(), 'UTC') + interval '4 months')::text AS covered FROM task_event_partitions()`);
    expect(ends).toEqual([{ covered: true }]);
    await Promise.all([1, 2, 3].map(() => sql('SELECT ensure_task_event_partitions(5)').catch(() => undefined)));
    expect(await names()).toHaveLength(before.length + 2);
  });

  it('whose task tells no time are kept as well, and those of a month without a partition are counted', async () => {
    const random = await taskOf('random');
    expect(await lying(random)).toEqual(['task_events_default']);
    const strays = () => partitions.strays(database.dataSource.manager, 'task_events');
    const before = await strays();
    await taskOf(9);
    expect(await strays()).toBe(before + 1);
    await sql('INSERT INTO task_logs (task_id, seq, created_at, level, message) VALUES ($1, 1, now() + interval $$1 year$$, $$info$$, $$x$$)', [random]);
    expect(await partitions.strays(database.dataSource.manager, 'task_logs')).toBe(1);
  });

  it('go with their month when their task has ended, else stay, and can be added to', async () => {
    const [ended, open, young] = [await taskOf(0, true), await taskOf(0), await taskOf(3)];
    expect(await drop(6)).toBe(0);
    // As if three months had gone by: the months before are over.
    expect(await drop(-3)).toBe(1);
    expect(await names()).not.toContain('task_events_history');
    expect([await lying(ended), await lying(open)]).toEqual([[], ['task_events_default']]);
    expect(await lying(young)).toHaveLength(1);
    await house.work.run((tx) => house.events.append(tx, open, null, [{ type: 'nudge', data: { text: 'b' } }]));
    const mine = { organizationId: tenant.organization.id, taskId: open };
    expect((await house.events.readAfter(database.dataSource.manager, mine, 0, 10)).map(({ seq }) => seq)).toEqual([1, 2]);
    await drop(-3);
    expect(await lying(open)).toHaveLength(1);
    await sql(`UPDATE tasks SET status = 'completed', completed_at = now() - interval '31 days' WHERE id = $1`, [open]);
    while ((await drop(-3)) > 0);
    expect(await lying(open)).toEqual([]);
    expect(await lying(young)).toHaveLength(1);
    // Deleting a task still takes its events along, wherever they lie.
    await sql('DELETE FROM tasks WHERE id = $1', [young]);
    expect(await lying(young)).toEqual([]);
  });

  it('stay where they are when too many of them belong to tasks that have not ended', async () => {
    const open = await taskOf(0);
    await house.work.run((tx) => house.events.append(tx, open, null, [1, 2, 3].map(() => ({ type: 'nudge' as const, data: { text: 'a' } }))));
    await sql('SELECT drop_task_event_partitions(-3, 3)');
    expect(await lying(open)).toEqual(['task_events_history']);
  });
});

it('logs are never dropped sooner than a plan promises', async () => {
  await sql(`CREATE TABLE task_logs_2020_01 PARTITION OF task_logs FOR VALUES FROM ('2020-01-01') TO ('2020-02-01')`);
  const [months] = await sql<{ n: number }>(`SELECT (extract(year FROM now()) * 12 + extract(month FROM now()) - 2020 * 12 - 1)::integer AS n`);
  await sql('UPDATE subscription_plans SET log_retention_days = $1', [months!.n * 31]);
  expect(await house.work.run((tx) => partitions.drop(tx, 'task_logs', 6))).toBe(0);
  await sql('UPDATE subscription_plans SET log_retention_days = 30');
  expect(await house.work.run((tx) => partitions.drop(tx, 'task_logs', 6))).toBe(1);
});
