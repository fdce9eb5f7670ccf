import type { DataSource } from 'typeorm';
import { openTestDatabase, type TestDatabase } from '../../../test/support/test-database';
import { OauthState } from './sessions/oauth-state.entity';
import { TaskCounters } from './tasks/task-counters.entity';
import { Task } from './tasks/task.entity';
import { aGitRepo, aTask, aTenant } from './testing';

let database: TestDatabase;
let db: DataSource;
let task: Task;
beforeAll(async () => {
  database = await openTestDatabase();
  db = database.dataSource;
  const { organization, user } = await aTenant(db);
  const { id: repositoryId } = await aGitRepo(db, { organizationId: organization.id });
  ({ task } = await aTask(db, { organizationId: organization.id, userId: user.id, repositoryId }));
});
afterAll(() => database.close());

describe('the columns of an entity', () => {
  it('give the same row version by an entity, a query and plain SQL', async () => {
    const loaded = await db.getRepository(Task).findOneByOrFail({ id: task.id });
    expect(loaded.rowVersion).toBe(1);
    await db.getRepository(Task).save({ ...loaded, title: 'By entity' });
    expect((await db.getRepository(Task).findOneByOrFail({ id: task.id })).rowVersion).toBe(2);
    await db.getRepository(Task).update(task.id, { title: 'By query' });
    expect((await db.getRepository(Task).findOneByOrFail({ id: task.id })).rowVersion).toBe(3);
    await db.query(`UPDATE tasks SET title = 'By SQL' WHERE id = $1`, [task.id]);
    expect((await db.getRepository(Task).findOneByOrFail({ id: task.id })).rowVersion).toBe(4);
  });

  it('keep bigint exact in values, conditions and null', async () => {
    const big = 9_007_199_254_740_993n;
    await db.getRepository(TaskCounters).update({ taskId: task.id }, { costNusd: big });
    expect(await db.getRepository(TaskCounters).findOneBy({ costNusd: big })).toMatchObject({ taskId: task.id, costNusd: big });
    await db.getRepository(Task).update(task.id, { maxCreditsMicro: big });
    await db.getRepository(Task).update(task.id, { maxCreditsMicro: null });
    expect((await db.getRepository(Task).findOneByOrFail({ id: task.id })).maxCreditsMicro).toBeNull();
  });

  it('keep bytes, lists and documents as they were given', async () => {
    const stateHash = Buffer.alloc(32, 0xfe);
    const values = { stateHash, provider: 'github' as const, codeVerifierEnc: Buffer.from([0, 255, 1]), redirectTo: '/', expiresAt: new Date('2030-01-01T00:00:00.123Z') };
    await db.getRepository(OauthState).insert(values);
    expect(await db.getRepository(OauthState).findOneByOrFail({ stateHash })).toMatchObject({ ...values, keyVersion: 1, consumedAt: null });
    const odd = { tags: ['a,b', '{"c"}', 'd\\'], metadata: { deep: [{ text: 'ä' }], none: null } };
    const loaded = await db.getRepository(Task).findOneByOrFail({ id: task.id });
    await db.getRepository(Task).save(Object.assign(loaded, odd));
    expect(await db.getRepository(Task).findOneByOrFail({ id: task.id })).toMatchObject(odd);
  });

  it('refuse a row without an id of ours', async () => {
    await expect(db.query(`INSERT INTO organizations (kind, name, slug, owner_user_id) VALUES ('team', 'x', 'x', $1)`, [task.userId])).rejects.toThrow(/null value in column "id"/);
  });
});
