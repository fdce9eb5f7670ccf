import { DataSource } from 'typeorm';
import { openTestDatabase, type TestDatabase } from '../../../test/support/test-database';
import { dataSourceOptions } from './data-source';
import { reusePlans, StatementNames } from './plan-reuse';

let database: TestDatabase;
let dataSource: DataSource;
beforeAll(async () => {
  database = await openTestDatabase();
  dataSource = await new DataSource(dataSourceOptions({ url: database.url, poolSize: 1, applicationName: 'test' })).initialize();
  reusePlans(dataSource);
});
afterAll(async () => {
  await dataSource.destroy();
  await database.close();
});

const prepared = async (part: string) => (await dataSource.query<{ statement: string }[]>(`SELECT statement FROM pg_prepared_statements WHERE position('${part}' IN statement) > 0`)).length;

describe('reusePlans', () => {
  it('prepares what is run again and again, with the same answers before and after', async () => {
    const sql = 'SELECT $1::integer + 1 AS sum, $2::text AS word';
    for (let n = 0; n < 12; n++) expect(await dataSource.query(sql, [n, null])).toEqual([{ sum: n + 1, word: null }]);
    expect(await prepared('AS sum')).toBe(1);
    await dataSource.transaction(async (tx) => expect(await tx.query(sql, [1, 'x'])).toEqual([{ sum: 2, word: 'x' }]));
  });

  it('counts the rows of a change as before', async () => {
    await dataSource.query('CREATE TABLE counted (n integer)');
    for (let n = 1; n <= 8; n++) await dataSource.query('INSERT INTO counted VALUES ($1)', [n]);
    for (let n = 1; n <= 8; n++) expect(await dataSource.query('DELETE FROM counted WHERE n = $1', [n])).toEqual([[], 1]);
  });

  it('goes on after an error in a prepared statement, in a transaction too', async () => {
    const sql = 'SELECT 1 / $1::integer AS part';
    for (let n = 1; n <= 6; n++) await dataSource.query(sql, [1]);
    await expect(dataSource.query(sql, [0])).rejects.toMatchObject({ driverError: { code: '22012' } });
    await expect(dataSource.transaction((tx) => tx.query(sql, [0]))).rejects.toMatchObject({ driverError: { code: '22012' } });
    expect(await dataSource.query(sql, [1])).toEqual([{ part: 1 }]);
  });

  it('leaves alone what comes once, has no values, or comes with too many others', async () => {
    for (let n = 0; n < 6; n++) await dataSource.query('SELECT 1 AS without_values');
    await dataSource.query('SELECT $1::text AS just_once', ['x']);
    expect(await prepared('AS without_values')).toBe(0);
    expect(await prepared('AS just_once')).toBe(0);
    const names = new StatementNames();
    const sighted = Array.from({ length: 1_000 }, (_, n) => Array.from({ length: 5 }, () => names.of(`SELECT ${n}`)).at(-1));
    expect(sighted.filter(Boolean)).toHaveLength(200);
    expect(names.of('SELECT 0')).toEqual(sighted[0]);
  });
});
