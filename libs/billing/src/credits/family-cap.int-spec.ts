import { aGitRepo, aTask, aTenant, type Tenant } from '@app/domain/testing';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import { BillingHouse } from '../testing';

let database: TestDatabase;
let house: BillingHouse;
let tenant: Tenant;
beforeAll(async () => {
  database = await openTestDatabase();
  house = new BillingHouse(database.dataSource);
  tenant = await aTenant(database.dataSource);
});
afterEach(async () => expect(await house.unexplained()).toEqual([]));
afterAll(() => database.close());

interface Worker {
  readonly taskId: string;
  readonly attemptId: string;
}

async function working(values: { maxCreditsMicro?: bigint; parentTaskId?: string } = {}): Promise<Worker> {
  const organizationId = tenant.organization.id;
  const { id: repositoryId } = await aGitRepo(database.dataSource, { organizationId });
  const { task, attempt } = await aTask(database.dataSource, { organizationId, userId: tenant.user.id, repositoryId, status: 'in_progress', ...values });
  return { taskId: task.id, attemptId: attempt.id };
}

async function counters(taskId: string): Promise<{ used: bigint; held: bigint }> {
  const [row] = await database.dataSource.query<{ used: string; held: string }[]>('SELECT credits_used_micro AS used, credits_held_micro AS held FROM task_counters WHERE task_id = $1', [taskId]);
  return { used: BigInt(row!.used), held: BigInt(row!.held) };
}

it('tasks obey the cap of all that they are a part of', async () => {
  const top = await working({ maxCreditsMicro: 100n });
  const middle = await working({ parentTaskId: top.taskId });
  const [child, other] = [await working({ parentTaskId: middle.taskId }), await working({ parentTaskId: middle.taskId })];
  const hold = (worker: Worker, callSeq: number, amountMicro: bigint) =>
    house.work.run((tx) => house.ledger.hold(tx, { organizationId: tenant.organization.id, ...worker, callSeq, amountMicro, costNusd: 1n, priceId: null, apiKeyId: null }));
  expect(await hold(child, 1, 60n)).toMatchObject({ granted: true });
  expect(await hold(middle, 1, 41n)).toMatchObject({ granted: false, reason: 'budget_exhausted' });
  expect(await hold(other, 1, 40n)).toMatchObject({ granted: true });
  expect([await counters(top.taskId), await counters(middle.taskId)]).toEqual([{ used: 0n, held: 100n }, { used: 0n, held: 100n }]);
});
