import { Pool } from 'pg';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import { GuardedClient } from './guarded-client';

describe('GuardedClient', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await openTestDatabase();
  });
  afterAll(() => database.close());

  it('survives the loss of its connection between two statements', async () => {
    const pool = new Pool({ connectionString: database.url, max: 1, Client: GuardedClient });
    const client = await pool.connect();
    await client.query('BEGIN');
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const ended = new Promise((resolve) => client.once('end', resolve));
    await database.dataSource.query('SELECT pg_terminate_backend($1)', [rows[0]!.pid]);
    await ended;
    await expect(client.query('SELECT 1')).rejects.toThrow();
    client.release(true);
    await pool.end();
  });
});
