import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import { newId } from '@app/common';
import { sqlRows } from '../sql';
import { aTenant, type Tenant } from '../testing/tenant.factory';
import { UnitOfWork, type Tx } from '../unit-of-work';
import { CreditAnalyticsStore } from './credit-analytics.store';
import { CreditFold } from './credit-fold';

const DAY = 86_400_000;
const fold = new CreditFold();
const analytics = new CreditAnalyticsStore();
let database: TestDatabase;
let work: UnitOfWork;
let ada: Tenant;
beforeAll(async () => {
  database = await openTestDatabase();
  work = new UnitOfWork(database.dataSource);
});
afterAll(() => database.close());
beforeEach(async () => void (ada = await aTenant(database.dataSource, { creditsMicro: 1_000_000n })));

/** A move as the ledger books it: numbered and changed under the account's lock, both sides in one statement. */
async function move(tx: Tx, type: string, amount: bigint, at = new Date()): Promise<void> {
  const organizationId = ada.organization.id;
  await tx.query(
    `WITH a AS (UPDATE credit_accounts SET available_micro = available_micro + $2, last_seq = last_seq + 1 WHERE organization_id = $1 RETURNING last_seq, available_micro),
          t AS (INSERT INTO credit_transactions (id, organization_id, seq, type, idempotency_key, amount_micro, available_after_micro, held_after_micro, debt_after_micro, created_at)
                SELECT $3::uuid, $1, last_seq, $4, $3::uuid::text, $2, available_micro, 0, 0, $5 FROM a RETURNING id)
     INSERT INTO credit_entries (transaction_id, account, organization_id, amount_micro) SELECT t.id, v.account, $1, v.amount FROM t, (VALUES ('available', $2::bigint), ('revenue', -$2::bigint)) v(account, amount)`,
    [organizationId, amount, newId(), type, at],
  );
}

const dayText = (daysAgo: number): string => new Date(Date.now() - daysAgo * DAY).toISOString().slice(0, 10);
const foldAll = async (): Promise<void> => { while (((await work.run((tx) => fold.fold(tx, ada.organization.id, 3))) ?? 1) > 0); };

it('sums and what has no sum yet are the transactions, at any moment', async () => {
  const organizationId = ada.organization.id;
  let done = false;
  const writers = [1, 2, 3].map(async (n) => {
    for (let moves = 0; moves < 20; moves += 1) {
      const at = new Date(Date.now() - ((moves * n) % 12) * DAY);
      await work.run(async (tx) => {
        await move(tx, moves % 5 === 0 ? 'purchase' : 'usage', moves % 5 === 0 ? 9_000n : -BigInt(moves + n), at);
        if (moves % 7 === 6) throw new Error('dies');
      }).catch((error: Error) => expect(error.message).toBe('dies'));
    }
  });
  const folders = [1, 2].map(async () => { while (!done) await work.run((tx) => fold.fold(tx, organizationId, 4)); });
  const reader = (async () => {
    for (;;) {
      const last = done;
      await database.dataSource.transaction('REPEATABLE READ', async (tx) => {
        const { openingMicro, days, availableMicro } = await analytics.history(tx, organizationId, dayText(5));
        const told = days.map(({ date, spentMicro, purchasedMicro, netMicro }) => ({ date, spentMicro, purchasedMicro, netMicro }));
        const seen = await sqlRows(
          tx,
          `SELECT created_at::date::text AS date, coalesce(-sum(amount_micro) FILTER (WHERE type = 'usage'), 0)::bigint AS spent_micro, coalesce(sum(amount_micro) FILTER (WHERE type = 'purchase'), 0)::bigint AS purchased_micro,
                  sum(amount_micro)::bigint AS net_micro FROM credit_transactions WHERE organization_id = $1 AND created_at >= now()::date - 5 GROUP BY 1 ORDER BY 1`,
          [organizationId],
          ['spentMicro', 'purchasedMicro', 'netMicro'] as never[],
        );
        expect(told).toEqual(seen);
        expect(days.reduce((sum, { netMicro }) => sum + netMicro, openingMicro)).toBe(availableMicro);
      });
      if (last) return;
    }
  })();
  await Promise.all(writers).finally(() => (done = true));
  await Promise.all([...folders, reader]);
  await foldAll();
  expect(await fold.behind(work.reader, 10)).toEqual([]);
  const [sums] = await database.dataSource.query<{ net: string }[]>('SELECT sum(net_micro) AS net FROM credit_stats WHERE organization_id = $1', [organizationId]);
  const { availableMicro } = await analytics.history(work.reader, organizationId, dayText(5));
  expect(BigInt(sums!.net)).toBe(availableMicro);
});

it('says what there is without any transaction, and what expires first', async () => {
  const organizationId = ada.organization.id;
  expect(await analytics.history(work.reader, newId(), dayText(5))).toEqual({ openingMicro: 0n, days: [], availableMicro: 0n, heldMicro: 0n, debtMicro: 0n });
  expect(await analytics.nextExpiry(work.reader, organizationId)).toBeNull();
  const at = new Date(Date.now() + DAY);
  await database.dataSource.query('UPDATE credit_grants SET expires_at = $2 WHERE organization_id = $1', [organizationId, at]);
  expect(await analytics.nextExpiry(work.reader, organizationId)).toEqual({ at, micro: 1_000_000n });
});
