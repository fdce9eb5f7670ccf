import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import { migrations } from '../migrations';
import { migrate, migrationSource, revert } from './migrator';

let database: TestDatabase;
beforeEach(async () => {
  database = await openTestDatabase({ migrated: false });
});
afterEach(() => database.close());

describe('migrate', () => {
  it('runs each migration once when three pods start at the same time', async () => {
    const pods = [1, 2, 3].map(() => migrationSource(database.url));
    await Promise.all(pods.map((pod) => pod.initialize()));
    try {
      const ran = await Promise.all(pods.map((pod) => migrate(pod)));
      expect(ran.map((names) => names.length).sort()).toEqual([0, 0, migrations.length]);
      expect(await database.dataSource.query(`SELECT count(*)::int AS n FROM migrations`)).toEqual([{ n: migrations.length }]);
    } finally {
      await Promise.all(pods.map((pod) => pod.destroy()));
    }
  });

  it('takes back the newest one, and runs it again', async () => {
    const source = await migrationSource(database.url).initialize();
    try {
      await migrate(source);
      const newest = migrations.at(-1)?.name;
      expect(await revert(source)).toBe(newest);
      expect(await source.query(`SELECT count(*)::int AS n FROM migrations WHERE name = $1`, [newest])).toEqual([{ n: 0 }]);
      expect(await migrate(source)).toEqual([newest]);
    } finally {
      await source.destroy();
    }
  });

  it('has nothing to take back in an empty database', async () => {
    const source = await migrationSource(database.url).initialize();
    await migrate(source);
    for (let left = migrations.length; left > 0; left--) expect(await revert(source)).toBeDefined();
    expect(await revert(source)).toBeUndefined();
    await source.destroy();
  });
});
