import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import { aUser } from '../testing';
import { promote } from './promotion';
import { UserAdminStore } from './user-admin.store';

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());

const accounts = new UserAdminStore();
const run = (name: string, role: 'user' | 'support' | 'admin') => database.dataSource.transaction((tx) => promote(tx, accounts, { name, role }));
const roleOf = async (id: string) => (await accounts.find(database.dataSource.manager, id))?.role;

it('makes the first admin, by address, username or id, and says so once', async () => {
  const user = await aUser(database.dataSource, { email: 'Ada@example.com', username: 'ada' });
  await run('ADA@example.com', 'admin');
  await run(user.id, 'admin');
  await run('Ada', 'admin');
  expect(await roleOf(user.id)).toBe('admin');
  const rows = await database.dataSource.query<object[]>('SELECT actor_type, actor_id, action, target_id, changes FROM audit_logs');
  expect(rows).toEqual([{ actor_type: 'system', actor_id: null, action: 'user.changed_by_operator', target_id: user.id, changes: { role: { from: 'user', to: 'admin' } } }]);
});

it('leaves one admin, also when two operators take two away at once', async () => {
  const other = await aUser(database.dataSource, { username: 'grace' });
  await expect(run('ada', 'user')).rejects.toMatchObject({ code: 'last_admin' });
  await run('grace', 'admin');
  const results = await Promise.allSettled([run('ada', 'user'), run('grace', 'support')]);
  expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect(await database.dataSource.query<object[]>(`SELECT 1 FROM users WHERE role = 'admin'`)).toHaveLength(1);
  expect(['support', 'admin']).toContain(await roleOf(other.id));
});

it('knows nobody else', async () => {
  await expect(run('nobody', 'admin')).rejects.toThrow('There is no account nobody.');
});
