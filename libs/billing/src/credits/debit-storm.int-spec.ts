// Debits of one credit, many at once, on an account that covers half of them. LEDGER_DEBITS says how many.
import { newId } from '@app/common';
import { dataSourceOptions } from '@app/domain';
import { aGitRepo, aTenant } from '@app/domain/testing';
import { DataSource } from 'typeorm';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import { BillingHouse } from '../testing';

const DEBITS = Number(process.env['LEDGER_DEBITS'] ?? 2_000);
const COVERED = DEBITS / 2;
/** Each with connections of its own, as processes have. */
const PROCESSES = 2;
const IN_FLIGHT_EACH = 24;
const CREDIT = 1_000_000n;

let database: TestDatabase;
let house: BillingHouse;
let pools: DataSource[];
beforeAll(async () => {
  database = await openTestDatabase();
  house = new BillingHouse(database.dataSource);
  const options = dataSourceOptions({ url: database.url, poolSize: IN_FLIGHT_EACH, applicationName: 'debits' });
  // All of them want one row: on a slow machine the last in line waits for longer than the product lets anybody wait.
  const patient = { ...options, extra: { ...(options.extra as object), lock_timeout: 0, statement_timeout: 0 } };
  pools = await Promise.all(Array.from({ length: PROCESSES }, () => new DataSource(patient).initialize()));
});
afterAll(async () => {
  for (const pool of pools) await pool.destroy();
  await database.close();
});

it(`of ${DEBITS} debits of one credit on an account with ${COVERED}, exactly ${COVERED} are made`, async () => {
  const tenant = await aTenant(database.dataSource, { creditsMicro: BigInt(COVERED) * CREDIT });
  const organizationId = tenant.organization.id;
  const calls = await running(organizationId, tenant.user.id);
  let made = 0;
  let refused = 0;
  const debit = async (from: BillingHouse, call: { taskId: string; attemptId: string }): Promise<void> => {
    const held = await from.hold({ organizationId, ...call }, 1, CREDIT);
    if (held.granted) {
      const { settled } = await from.work.run((tx) => from.ledger.settle(tx, { attemptId: call.attemptId, callSeq: 1 }, { micro: CREDIT, nusd: 0n }));
      expect(settled).toBe(true);
      made += 1;
    } else {
      expect(held).toEqual({ granted: false, reason: 'out_of_credits' });
      refused += 1;
    }
  };
  const waiting = [...calls];
  const houses = pools.flatMap((pool) => Array.from({ length: IN_FLIGHT_EACH }, () => new BillingHouse(pool)));
  await Promise.all(houses.map(async (from) => { for (let call = waiting.pop(); call; call = waiting.pop()) await debit(from, call); }));
  expect([made, refused]).toEqual([COVERED, DEBITS - COVERED]);
  expect(await house.accounts.balance(database.dataSource.manager, organizationId)).toMatchObject({ availableMicro: 0n, heldMicro: 0n, debtMicro: 0n, lifetimeUsedMicro: BigInt(COVERED) * CREDIT, grants: [] });
  // No usage rows were written.
  expect((await house.unexplained()).filter(({ rule }) => rule !== 'calls are charged what their usage rows say')).toEqual([]);
}, 1_800_000);

/** So many running attempts of as many tasks, made in a few statements. */
async function running(organizationId: string, userId: string): Promise<{ taskId: string; attemptId: string }[]> {
  const { id: repositoryId } = await aGitRepo(database.dataSource, { organizationId });
  const calls = Array.from({ length: DEBITS }, () => ({ taskId: newId(), attemptId: newId() }));
  const ids = [calls.map(({ taskId }) => taskId), calls.map(({ attemptId }) => attemptId)];
  await database.dataSource.query(
    `INSERT INTO tasks (id, organization_id, user_id, repository_id, title, prompt, branch, target_branch, status, attempt_count)
     SELECT id, $2, $3, $4, 'Debit', 'Debit.', 'main', 'main', 'in_progress', 1 FROM unnest($1::uuid[]) AS id`,
    [ids[0], organizationId, userId, repositoryId],
  );
  await database.dataSource.query('INSERT INTO task_counters (task_id) SELECT id FROM unnest($1::uuid[]) AS id', [ids[0]]);
  await database.dataSource.query(
    `INSERT INTO task_attempts (id, task_id, number, status, worker_id, lease_expires_at) SELECT a, t, 1, 'running', 'worker', now() + interval '1 hour' FROM unnest($1::uuid[], $2::uuid[]) AS x(t, a)`,
    ids,
  );
  return calls;
}
