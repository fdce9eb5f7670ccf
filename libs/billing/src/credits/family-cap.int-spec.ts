import { aGitRepo, aTask, aTenant, type Tenant } from '@app/domain/testing';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import { BillingHouse } from '../testing';

const CAP = 6_000_003n;
const CHILDREN = 50;
const CALLS = 30;

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

/** Calls one after the other, as a worker makes them: half cost less than was held, half more. Stops when it is refused. */
async function spend({ taskId, attemptId }: Worker, step: bigint): Promise<number> {
  for (let callSeq = 1; callSeq <= CALLS; callSeq++) {
    const amountMicro = 20_000n + step * BigInt(callSeq);
    const call = { attemptId, callSeq };
    const held = await house.work.run((tx) => house.ledger.hold(tx, { organizationId: tenant.organization.id, taskId, ...call, amountMicro, costNusd: 1n, priceId: null, apiKeyId: null }));
    if (!held.granted) return callSeq - 1;
    const micro = callSeq % 2 === 0 ? amountMicro / 3n : amountMicro * 2n;
    await house.work.run(async (tx) => {
      const { chargedMicro } = await house.ledger.settle(tx, call, { micro, nusd: 1n });
      await house.usage.record(tx, {
        organizationId: tenant.organization.id, userId: null, apiKeyId: null, taskId, ...call, purpose: 'agent', provider: 'anthropic', providerModelId: 'm', modelId: null, priceId: null, outcome: 'ok',
        tokens: { input: 1, cacheRead: 0, cacheWriteShort: 0, cacheWriteLong: 0, output: 1, reasoning: 0 }, isEstimated: false, costNusd: 1n, creditsMicro: chargedMicro, latencyMs: 1, ttftMs: 1, rawUsage: null,
      });
    });
  }
  return CALLS;
}

describe('a task and its candidates', () => {
  it('never spend a microcredit above its cap, with 50 at work at once', async () => {
    const parent = await working({ maxCreditsMicro: CAP });
    const children = await Promise.all(Array.from({ length: CHILDREN }, () => working({ parentTaskId: parent.taskId })));
    let most = 0n;
    let running = true;
    const watch = (async () => {
      while (running) {
        const { used, held } = await counters(parent.taskId);
        if (used + held > most) most = used + held;
      }
    })();
    const calls = await Promise.all(children.map((child, index) => spend(child, BigInt(index) * 91n)));
    running = false;
    await watch;
    const [whole, ...parts] = await Promise.all([parent, ...children].map(({ taskId }) => counters(taskId)));
    expect(most).toBeLessThanOrEqual(CAP);
    expect(whole).toEqual({ used: parts.reduce((sum, { used }) => sum + used, 0n), held: 0n });
    expect(whole!.used).toBeLessThanOrEqual(CAP);
    // They were stopped by the cap, each of them at work until then.
    expect(whole!.used).toBeGreaterThan(CAP / 2n);
    expect(calls.every((made) => made > 0 && made < CALLS)).toBe(true);
  }, 60_000);

  it('obey the cap of all that they are a part of', async () => {
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
});
