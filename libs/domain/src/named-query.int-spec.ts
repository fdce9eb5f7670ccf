import { DataSource } from 'typeorm';
import { openTestDatabase, type TestDatabase } from '../../../test/support/test-database';
import { dataSourceOptions } from './data-source';
import { namedRecords, namedRows, statement } from './named-sql';

const WIDE = statement(`SELECT $1::integer AS n, $2::text AS word, now()::timestamptz AS at, '{"a":[1]}'::jsonb AS data, ARRAY['x', NULL]::text[] AS tags, NULL::text AS nothing, true AS yes, 12::bigint AS big`);

let database: TestDatabase;
let dataSource: DataSource;
beforeAll(async () => {
  database = await openTestDatabase({ migrated: false });
  // One connection, so that each run but the first meets the statement prepared and its columns known.
  dataSource = await new DataSource(dataSourceOptions({ url: database.url, poolSize: 1, applicationName: 'named' })).initialize();
});
afterAll(async () => {
  await dataSource.destroy();
  await database.close();
});

it('gives records with the driver\'s values each time, described once or again', async () => {
  const runs = [];
  for (const n of [1, 2, 3]) runs.push(...(await namedRecords(dataSource.manager, WIDE, [n, `word ${n}`])));
  expect(runs).toEqual([1, 2, 3].map((n) => ({ n, word: `word ${n}`, at: expect.any(Date) as Date, data: { a: [1] }, tags: ['x', null], nothing: null, yes: true, big: '12' })));
});

it('gives texts as PostgreSQL sends them, before and after the same statement gave records', async () => {
  const texts = async (n: number): Promise<unknown> => (await namedRows(dataSource.manager, WIDE, [n, 'ü']))[0];
  const expected = (n: number): unknown => [String(n), 'ü', expect.stringMatching(/^\d{4}-/), '{"a": [1]}', '{x,NULL}', null, 't', '12'];
  expect(await texts(7)).toEqual(expected(7));
  await namedRecords(dataSource.manager, WIDE, [8, 'x']);
  expect(await texts(9)).toEqual(expected(9));
});

it('gives many rows, none, and what a write returns', async () => {
  const rows = statement('SELECT g AS n FROM generate_series(1, $1::integer) g');
  expect((await namedRecords<{ n: number }>(dataSource.manager, rows, [1_000])).map(({ n }) => n)).toEqual(Array.from({ length: 1_000 }, (_, n) => n + 1));
  expect([await namedRecords(dataSource.manager, rows, [0]), await namedRows(dataSource.manager, rows, [0])]).toEqual([[], []]);
  await dataSource.transaction(async (tx) => {
    await tx.query('CREATE TABLE kept (n integer)');
    const keep = statement('INSERT INTO kept VALUES ($1) RETURNING n');
    expect([await namedRecords(tx, keep, [1]), await namedRows(tx, keep, [2])]).toEqual([[{ n: 1 }], [['2']]]);
    const forget = statement('DELETE FROM kept WHERE n > $1');
    expect([await namedRecords(tx, forget, [1]), await namedRows(tx, forget, [0])]).toEqual([[], []]);
  });
});

it('fails as the statement fails, and goes on', async () => {
  const divided = statement('SELECT 1 / $1::integer AS part');
  for (const ask of [namedRecords, namedRows]) {
    await expect(ask(dataSource.manager, divided, [0])).rejects.toMatchObject({ driverError: { code: '22012' } });
    expect(await ask(dataSource.manager, divided, [1])).toHaveLength(1);
  }
  await expect(namedRecords(dataSource.manager, divided, ['no number'])).rejects.toMatchObject({ driverError: { code: '22P02' } });
});
