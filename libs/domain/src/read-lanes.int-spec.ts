import { setTimeout as wait } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { openTestDatabase, type TestDatabase } from '../../../test/support/test-database';
import { dataSourceOptions } from './data-source';
import { namedRecords, namedRow, statement } from './named-sql';
import { buildReadLanes } from './read-lanes';

const DOUBLED = statement('SELECT $1::integer * 2 AS doubled, pg_backend_pid() AS pid');
const DIVIDED = statement('SELECT 12 / $1::integer AS part');

interface Doubled {
  readonly doubled: number;
  readonly pid: number;
}

let database: TestDatabase;
let dataSource: DataSource;
beforeAll(async () => {
  database = await openTestDatabase();
  dataSource = await new DataSource(dataSourceOptions({ url: database.url, poolSize: 4, applicationName: 'lanes' })).initialize();
  buildReadLanes(dataSource);
});
afterAll(async () => {
  await dataSource.destroy();
  await database.close();
});

const doubled = async (n: number): Promise<Doubled> => (await namedRecords<Doubled>(dataSource.manager, DOUBLED, [n]))[0]!;
const connections = async (): Promise<number> => (await dataSource.query<{ n: number }[]>(`SELECT count(*)::integer AS n FROM pg_stat_activity WHERE application_name = 'lanes'`))[0]!.n;

/** The lanes open in the background; until then the pool answers. */
async function opened(): Promise<void> {
  await doubled(1);
  await wait(500);
}

it('gives each of many readers its own answer, over two connections', async () => {
  await opened();
  const answers: Doubled[] = [];
  await Promise.all(Array.from({ length: 300 }, async (_, n) => {
    await wait(n % 7);
    const answer = await doubled(n);
    expect(answer.doubled).toBe(2 * n);
    answers.push(answer);
  }));
  expect(answers).toHaveLength(300);
  expect(new Set(answers.map(({ pid }) => pid)).size).toBeLessThanOrEqual(2);
});

it('keeps an error to the one who caused it', async () => {
  const outcomes = await Promise.allSettled(Array.from({ length: 40 }, (_, n) => namedRow(dataSource.manager, DIVIDED, [n % 4])));
  outcomes.forEach((outcome, n) => {
    if (n % 4 === 0) expect(outcome).toMatchObject({ status: 'rejected', reason: { driverError: { code: '22012' } } });
    else expect(outcome).toEqual({ status: 'fulfilled', value: [String(12 / (n % 4))] });
  });
});

it('outlives a statement that could not be prepared', async () => {
  const late = statement('SELECT word FROM made_later WHERE $1::integer > 0');
  const early = await Promise.allSettled(Array.from({ length: 6 }, () => namedRow(dataSource.manager, late, [1])));
  expect(early.every((outcome) => outcome.status === 'rejected' && (outcome.reason as { driverError: { code: string } }).driverError.code === '42P01')).toBe(true);
  await dataSource.query(`CREATE TABLE made_later AS SELECT 'here'::text AS word`);
  expect(await Promise.all(Array.from({ length: 6 }, () => namedRow(dataSource.manager, late, [1])))).toEqual(Array.from({ length: 6 }, () => ['here']));
});

it('reads in a transaction what the transaction wrote', async () => {
  const count = statement('SELECT count(*)::integer AS n FROM made_later WHERE $1::integer > 0');
  const insideAndOut = await dataSource.transaction(async (tx) => {
    await tx.query(`INSERT INTO made_later VALUES ('more')`);
    return [await namedRow(tx, count, [1]), await namedRow(dataSource.manager, count, [1])];
  });
  expect(insideAndOut).toEqual([['2'], ['1']]);
});

it('goes on over the pool when its connections are cut, and over new ones later', async () => {
  await opened();
  await dataSource.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'lanes' AND pid <> pg_backend_pid()`);
  await wait(100);
  expect((await doubled(21)).doubled).toBe(42);
  await wait(1_100);
  await opened();
  const pids = new Set((await Promise.all(Array.from({ length: 50 }, (_, n) => doubled(n)))).map(({ pid }) => pid));
  expect(pids.size).toBe(1);
});

it('closes its connections with the pool', async () => {
  const other = await new DataSource(dataSourceOptions({ url: database.url, poolSize: 1, applicationName: 'lanes to close' })).initialize();
  buildReadLanes(other);
  for (let n = 0; n < 5; n += 1) {
    await namedRow(other.manager, DOUBLED, [1]);
    await wait(50);
  }
  const open = async (): Promise<number> => (await dataSource.query<{ n: number }[]>(`SELECT count(*)::integer AS n FROM pg_stat_activity WHERE application_name = 'lanes to close'`))[0]!.n;
  expect(await open()).toBe(3);
  await other.destroy();
  for (let tries = 0; tries < 50 && (await open()) > 0; tries += 1) await wait(50);
  expect(await open()).toBe(0);
  expect(await connections()).toBeGreaterThan(0);
});
