import { openTestDatabase, type TestDatabase } from '../../../test/support/test-database';
import { UnitOfWork } from './unit-of-work';

let database: TestDatabase;
let work: UnitOfWork;
beforeAll(async () => {
  database = await openTestDatabase();
  work = new UnitOfWork(database.dataSource);
  await database.dataSource.query('CREATE TABLE pairs (name text PRIMARY KEY, n integer NOT NULL)');
  await database.dataSource.query(`INSERT INTO pairs VALUES ('a', 0), ('b', 0)`);
});
afterAll(() => database.close());

const add = (name: string): string => `UPDATE pairs SET n = n + 1 WHERE name = '${name}'`;

it('does work again that lost a deadlock, once for each who asked', async () => {
  let tries = 0;
  let bothHold: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (bothHold = resolve));
  let holding = 0;
  const cross = (first: string, second: string) =>
    work.run(async (tx) => {
      tries += 1;
      await tx.query(add(first));
      holding += 1;
      if (holding === 2) bothHold();
      await held;
      await tx.query(add(second));
      return first;
    });
  expect(await Promise.all([cross('a', 'b'), cross('b', 'a')])).toEqual(['a', 'b']);
  expect(tries).toBe(3);
  expect(await database.dataSource.query('SELECT name, n FROM pairs ORDER BY name')).toEqual([{ name: 'a', n: 2 }, { name: 'b', n: 2 }]);
});

it('passes on every other error at once, and gives up in the end', async () => {
  let tries = 0;
  const failing = (error: Error) => work.run(() => {
    tries += 1;
    return Promise.reject(error);
  });
  await expect(failing(new Error('mine'))).rejects.toThrow('mine');
  expect(tries).toBe(1);
  await expect(failing(Object.assign(new Error('lost'), { code: '40001' }))).rejects.toThrow('lost');
  expect(tries).toBe(4);
});
