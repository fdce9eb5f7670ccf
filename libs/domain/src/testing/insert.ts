import type { DataSource, EntityManager, EntityTarget, ObjectLiteral } from 'typeorm';

/** Where a factory writes: the database, or a transaction of the test. */
export type Db = DataSource | EntityManager;

export function managerOf(db: Db): EntityManager {
  return 'manager' in db ? db.manager : db;
}

/** Inserts a row and reads it back with everything the database filled in. */
export async function insert<T extends ObjectLiteral>(db: Db, entity: EntityTarget<T>, values: Partial<T>): Promise<T> {
  const manager = managerOf(db);
  await manager.createQueryBuilder().insert().into(entity).values(values).updateEntity(false).execute();
  const id = manager.connection.getMetadata(entity).getEntityIdMap(values);
  return manager.getRepository(entity).findOneByOrFail(id as never);
}

let count = 0;

/** A word that no other row of this process has. */
export function unique(word: string): string {
  return `${word}-${process.pid}-${++count}`;
}

/** Far enough below PostgreSQL's bigint, and above what a number holds exactly. */
export function uniqueGithubId(): string {
  return String(9_100_000_000_000_000n + BigInt(process.pid) * 100_000n + BigInt(++count));
}
