import { openTestDatabase, type TestDatabase } from '../../../test/support/test-database';

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());

describe('dataSourceOptions', () => {
  it('opens sessions in UTC, with a name and with limits', async () => {
    const rows: { name: string; setting: string }[] = await database.dataSource.query(
      `SELECT name, setting FROM pg_settings WHERE name IN ('TimeZone', 'application_name', 'statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout')`,
    );
    expect(Object.fromEntries(rows.map((row) => [row.name, row.setting]))).toEqual({
      TimeZone: 'UTC',
      application_name: 'test',
      statement_timeout: '30000',
      lock_timeout: '10000',
      idle_in_transaction_session_timeout: '60000',
    });
  });

  it('finds the template migrated and sees a database of its own', async () => {
    expect(await database.dataSource.showMigrations()).toBe(false);
    const other = await openTestDatabase();
    expect(other.url).not.toBe(database.url);
    await other.dataSource.query(`CREATE TABLE only_there ()`);
    await other.close();
    expect(await database.dataSource.query(`SELECT to_regclass('only_there') AS found`)).toEqual([{ found: null }]);
  });
});
