import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { sqlRow } from '../sql';
import type { Tx } from '../unit-of-work';
import { KeyEncryption } from './key-encryption';

/** Scope of secrets that belong to no organization. */
export const NO_ORGANIZATION = '00000000-0000-0000-0000-000000000000';

const MOST_REMEMBERED = 1_000;

/** A data key in the clear. It never leaves this process. */
export interface OpenDataKey {
  readonly version: number;
  readonly key: Buffer;
}

interface DataKeyRow {
  readonly version: number;
  readonly kekId: string;
  readonly wrappedKey: Buffer;
}

/** Data keys: one per organization, made at first use, wrapped by the key-encryption key. */
@Injectable()
export class DataKeyStore {
  private readonly opened = new Map<string, Buffer>();

  constructor(private readonly encryption: KeyEncryption) {}

  /** The scope's key for sealing; made when there is none yet. */
  async current(tx: Tx, scopeId: string): Promise<OpenDataKey> {
    const row = (await this.newest(tx, scopeId)) ?? (await this.create(tx, scopeId));
    return { version: row.version, key: await this.unwrap(scopeId, row) };
  }

  /** A key that something was sealed with. @throws {Error} when there is none */
  async get(manager: EntityManager, scopeId: string, version: number): Promise<Buffer> {
    const row = await sqlRow<DataKeyRow>(manager, 'SELECT version, kek_id, wrapped_key FROM data_keys WHERE scope_id = $1 AND version = $2', [scopeId, version]);
    if (!row) throw new Error(`no data key ${version} of ${scopeId}`);
    return this.unwrap(scopeId, row);
  }

  private newest(tx: Tx, scopeId: string): Promise<DataKeyRow | null> {
    return sqlRow(tx, 'SELECT version, kek_id, wrapped_key FROM data_keys WHERE scope_id = $1 AND retired_at IS NULL ORDER BY version DESC LIMIT 1', [scopeId]);
  }

  private async create(tx: Tx, scopeId: string): Promise<DataKeyRow> {
    const { kekId, wrapped } = await this.encryption.wrap(randomBytes(32), scopeId);
    await tx.query('INSERT INTO data_keys (scope_id, version, kek_id, wrapped_key) VALUES ($1, 1, $2, $3) ON CONFLICT DO NOTHING', [scopeId, kekId, wrapped]);
    // Two that begin at once agree on the row that came first.
    const row = await this.newest(tx, scopeId);
    if (!row) throw new Error(`the data key of ${scopeId} is retired and has no successor`);
    return row;
  }

  private async unwrap(scopeId: string, row: DataKeyRow): Promise<Buffer> {
    const name = cacheKey(scopeId, row);
    const known = this.opened.get(name);
    if (known) return known;
    const key = await this.encryption.unwrap({ kekId: row.kekId, wrapped: row.wrappedKey }, scopeId);
    this.opened.set(name, key);
    if (this.opened.size > MOST_REMEMBERED) this.opened.delete(this.opened.keys().next().value ?? '');
    return key;
  }
}

/** By what is in the row, not by its number: a key whose transaction was rolled back is followed by another of the same number. */
function cacheKey(scopeId: string, { version, wrappedKey }: DataKeyRow): string {
  return `${scopeId}:${version}:${wrappedKey.toString('base64')}`;
}
