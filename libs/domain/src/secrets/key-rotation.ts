import type { DataSource } from 'typeorm';
import { sqlRow, sqlRows } from '../sql';
import type { Tx } from '../unit-of-work';
import type { KeyEncryption } from './key-encryption';

/** Few enough that a batch holds its rows for milliseconds. */
const BATCH = 200;
/** A row that another transaction holds is met again in a later round; one that stays locked for so long is a fault. */
const MOST_IDLE_ROUNDS = 100;
const IDLE_MS = 50;

interface StaleKey {
  readonly scopeId: string;
  readonly version: number;
  readonly kekId: string;
  readonly wrappedKey: Buffer;
}

/**
 * Wraps every data key with the current key-encryption key, while the product serves: secrets themselves are not touched, and a process that has a data
 * key open goes on with it. Safe to run twice, by two at once, and again after a crash. Returns how many keys were wrapped anew.
 * @throws {Error} when a key was wrapped by a key-encryption key that is not known here
 */
export async function rewrapDataKeys(source: DataSource, encryption: KeyEncryption): Promise<number> {
  let wrapped = 0;
  for (let idle = 0; ; ) {
    const batch = await source.transaction((tx) => rewrapBatch(tx, encryption));
    wrapped += batch;
    if (batch > 0) idle = 0;
    else if (!(await hasStale(source, encryption))) return wrapped;
    else if (++idle > MOST_IDLE_ROUNDS) throw new Error('some data keys stay locked by another transaction; try again');
    else await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
  }
}

async function rewrapBatch(tx: Tx, encryption: KeyEncryption): Promise<number> {
  const stale = await sqlRows<StaleKey>(
    tx,
    'SELECT scope_id, version, kek_id, wrapped_key FROM data_keys WHERE kek_id <> $1 ORDER BY scope_id, version LIMIT $2 FOR UPDATE SKIP LOCKED',
    [encryption.currentId, BATCH],
  );
  for (const { scopeId, version, kekId, wrappedKey } of stale) {
    const dataKey = await encryption.unwrap({ kekId, wrapped: wrappedKey }, scopeId);
    const anew = await encryption.wrap(dataKey, scopeId);
    dataKey.fill(0);
    await tx.query('UPDATE data_keys SET kek_id = $3, wrapped_key = $4, updated_at = now() WHERE scope_id = $1 AND version = $2', [scopeId, version, anew.kekId, anew.wrapped]);
  }
  return stale.length;
}

async function hasStale(source: DataSource, encryption: KeyEncryption): Promise<boolean> {
  return (await sqlRow(source.manager, 'SELECT 1 AS one FROM data_keys WHERE kek_id <> $1 LIMIT 1', [encryption.currentId])) !== null;
}
