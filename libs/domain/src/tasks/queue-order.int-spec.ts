import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import { aTenant, TaskHouse, type Tenant } from '../testing';

let database: TestDatabase;
let house: TaskHouse;
beforeEach(async () => {
  database = await openTestDatabase();
  house = new TaskHouse(database.dataSource);
});
afterEach(() => database.close());

const tenant = (plan: { maxConcurrentTasks: number | null; queueWeight?: number }) => aTenant(database.dataSource, { plan });
const view = async ({ organization }: Tenant, taskId: string) => (await house.tasks.findForOrganization(database.dataSource.manager, organization.id, taskId))!;

/** What a free worker does; the organization whose task it took. */
async function take(): Promise<{ organizationId: string; taskId: string } | null> {
  const next = await house.attempts.fairest(database.dataSource.manager, []);
  if (!next) return null;
  const claim = await house.work.run((tx) => house.lifecycle.claim(tx, next.attemptId, 'worker'));
  if (claim.kind !== 'claimed') throw new Error(`${claim.kind}: what is offered can be claimed`);
  return claim.attempt;
}

it('gives the next free worker to whoever runs least, however many tasks another has', async () => {
  const [many, few] = [await tenant({ maxConcurrentTasks: null }), await tenant({ maxConcurrentTasks: null })];
  for (let n = 0; n < 30; n++) await house.newTask(many);
  const running = [await take(), await take(), await take()];
  expect(running.map((one) => one?.organizationId)).toEqual(Array(3).fill(many.organization.id));
  const first = await house.newTask(few);
  expect(await take()).toMatchObject({ taskId: first.taskId });
  for (let n = 0; n < 3; n++) await house.newTask(few);
  const turns = [await take(), await take(), await take()];
  expect(turns.map((one) => one?.organizationId)).toEqual([few.organization.id, few.organization.id, many.organization.id]);
});

it('shares by weight, and passes over who is at the limit', async () => {
  const [light, heavy] = [await tenant({ maxConcurrentTasks: null, queueWeight: 1 }), await tenant({ maxConcurrentTasks: 4, queueWeight: 3 })];
  for (let n = 0; n < 8; n++) for (const one of [light, heavy]) await house.newTask(one);
  const turns: (string | undefined)[] = [];
  for (let n = 0; n < 8; n++) turns.push((await take())?.organizationId);
  expect(turns.filter((id) => id === heavy.organization.id)).toHaveLength(4);
  expect(turns.slice(0, 4).filter((id) => id === heavy.organization.id)).toHaveLength(3);
});

it('takes what is urgent first, then what has waited longest; nothing before its time', async () => {
  const one = await tenant({ maxConcurrentTasks: null });
  const later = await house.newTask(one, { priority: 'high' });
  const low = await house.newTask(one, { priority: 'low' });
  const first = await house.newTask(one);
  const second = await house.newTask(one);
  const high = await house.newTask(one, { priority: 'high' });
  await database.dataSource.query(`UPDATE task_attempts SET available_at = now() + interval '1 min' WHERE id = $1`, [later.attemptId]);
  expect((await view(one, low.taskId)).queuePosition).toBe(5);
  const taken: (string | undefined)[] = [];
  for (let n = 0; n < 5; n++) taken.push((await take())?.taskId);
  expect(taken).toEqual([high.taskId, first.taskId, second.taskId, low.taskId, undefined]);
});

it('tells a task at the limit its place, and when it will probably start', async () => {
  const one = await tenant({ maxConcurrentTasks: 1 });
  const done = await house.runningTask(one);
  await house.work.run((tx) => house.lifecycle.finish(tx, done, { kind: 'completed' }, house.noHolds));
  await database.dataSource.query('UPDATE task_analytics SET execution_time_ms = 600000 WHERE task_id = $1', [done.taskId]);
  await house.runningTask(one);
  const waiting = [await house.newTask(one), await house.newTask(one)];
  for (const { attemptId } of waiting) expect((await house.work.run((tx) => house.lifecycle.claim(tx, attemptId, 'worker'))).kind).toBe('concurrency_limit');
  const [first, second] = [await view(one, waiting[0]!.taskId), await view(one, waiting[1]!.taskId)];
  expect([first.queuePosition, second.queuePosition, first.statusReason]).toEqual([1, 2, 'concurrency_limit']);
  const minutes = (at: Date | null) => Math.round(((at?.getTime() ?? 0) - Date.now()) / 60_000);
  expect([minutes(first.queueAvailableAt), minutes(second.queueAvailableAt)]).toEqual([10, 20]);
  expect(await house.attempts.fairest(database.dataSource.manager, [])).toBeNull();
});
