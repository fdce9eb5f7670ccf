import { toPage, type Page, type PageRequest } from '@app/common';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { holdMembership } from '../organizations/held-membership';
import { sqlChange, sqlRow, sqlRows, storableJson, storableText } from '../sql';
import type { Tx } from '../unit-of-work';
import type { DuplicateField } from './api-key.errors';
import { USABLE_KEY, type ApiKeyChanges, type ApiKeyRow, type KeyMaterial, type KeyVerdict, type NewApiKey } from './api-key-row';

/** Which key is meant; always within its organization. */
export interface ApiKeyTarget {
  readonly organizationId: string;
  readonly id: string;
}

/** Keys of customers. Sealed texts leave this store only towards `ApiKeyVault`. */
@Injectable()
export class ApiKeyStore {
  /**
   * False when the organization has this very key, or one of this name, for the provider already: `duplicateOf` tells which.
   * @throws {AppError} not_found: meanwhile the organization or the membership ended
   */
  async create(tx: Tx, key: NewApiKey): Promise<boolean> {
    await holdMembership(tx, key);
    if (key.isDefault) await this.unsetDefault(tx, key);
    const { material, verdict } = key;
    const row = await sqlRow(
      tx,
      `INSERT INTO api_keys (id, organization_id, user_id, provider, name, description, base_url, metadata, is_default, expires_at, key_ciphertext, key_version, key_fingerprint, key_prefix, key_last4,
                             status, last_error, last_verified_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, CASE WHEN $16 <> 'unverified' THEN now() END) ON CONFLICT DO NOTHING RETURNING id`,
      [
        key.id, key.organizationId, key.userId, key.provider, key.name, key.description, key.baseUrl, storableJson(key.metadata), key.isDefault, key.expiresAt,
        material.sealed, material.keyVersion, material.fingerprint, material.prefix, material.last4, verdict.status, wordsOf(verdict),
      ],
    );
    return row !== null;
  }

  /** Which field of a key is taken in its organization; null: none. `except` is the key itself. */
  async duplicateOf(manager: EntityManager, key: { organizationId: string; provider: string; fingerprint?: Buffer; name?: string; except?: string }): Promise<DuplicateField | null> {
    const row = await sqlRow<{ isKey: boolean }>(
      manager,
      `SELECT coalesce(key_fingerprint = $3::bytea, false) AS is_key FROM api_keys WHERE organization_id = $1 AND provider = $2 AND deleted_at IS NULL AND id IS DISTINCT FROM $5::uuid
         AND (key_fingerprint = $3::bytea OR lower(name) = lower($4)) ORDER BY is_key DESC LIMIT 1`,
      [key.organizationId, key.provider, key.fingerprint ?? null, key.name ?? null, key.except ?? null],
    );
    return row === null ? null : row.isKey ? 'keyValue' : 'name';
  }

  findForOrganization(manager: EntityManager, organizationId: string, id: string): Promise<ApiKeyRow | null> {
    return sqlRow<ApiKeyRow>(manager, `${SELECT_KEY} WHERE k.organization_id = $1 AND k.id = $2 AND k.deleted_at IS NULL`, [organizationId, id], ['usageCount']);
  }

  /** The key that stands in where none was named: the provider's default one, else the oldest that can be used; null: there is none. */
  standIn(manager: EntityManager, organizationId: string, provider: string): Promise<ApiKeyRow | null> {
    return sqlRow<ApiKeyRow>(
      manager, `${SELECT_KEY} WHERE k.organization_id = $1 AND k.provider = $2 AND ${USABLE_KEY} ORDER BY k.is_default DESC, k.created_at, k.id LIMIT 1`, [organizationId, provider], ['usageCount'],
    );
  }

  /** A page of the organization's keys, by time of creation. */
  async list(manager: EntityManager, filter: { organizationId: string; provider?: string }, page: PageRequest): Promise<Page<ApiKeyRow>> {
    const isDescending = page.order === 'desc';
    const rows = await sqlRows<ApiKeyRow & { pageSort: string }>(
      manager,
      `${SELECT_KEY.replace('SELECT', 'SELECT k.created_at::text AS page_sort,')} WHERE k.organization_id = $1 AND k.deleted_at IS NULL AND ($2::text IS NULL OR k.provider = $2)
          AND ($3::timestamptz IS NULL OR (k.created_at, k.id) ${isDescending ? '<' : '>'} ($3::timestamptz, $4::uuid))
        ORDER BY k.created_at ${isDescending ? 'DESC' : 'ASC'}, k.id ${isDescending ? 'DESC' : 'ASC'} LIMIT $5`,
      [filter.organizationId, filter.provider ?? null, page.after?.sort ?? null, page.after?.id ?? null, page.limit + 1],
      ['usageCount'],
    );
    return toPage(rows, page.limit, (row) => ({ sort: row.pageSort, id: row.id }));
  }

  /** False when the key is gone, or no longer of the expected version. Taken names and keys are refused by the unique indexes. */
  async update(tx: Tx, target: ApiKeyTarget & { readonly provider: string; readonly expectedVersion: number | null }, changes: ApiKeyChanges): Promise<boolean> {
    if (changes.isDefault === true) await this.unsetDefault(tx, target);
    const columns = columnsOf(changes);
    const parameters: unknown[] = [target.organizationId, target.id, target.expectedVersion];
    const assignments = Object.entries(columns).map(([column, value]) => `${column} = $${parameters.push(value)}`);
    if (changes.verdict && changes.verdict.status !== 'unverified') assignments.push('last_verified_at = now()');
    const changed = await sqlChange(
      tx,
      `UPDATE api_keys SET ${['updated_at = now()', ...assignments].join(', ')}
        WHERE organization_id = $1 AND id = $2 AND deleted_at IS NULL AND ($3::integer IS NULL OR row_version = $3)`,
      parameters,
    );
    return changed === 1;
  }

  /** Wipes the sealed text and keeps the row, which usage and tasks name; false when the key is gone, or no longer of the expected version. */
  async wipe(tx: Tx, target: ApiKeyTarget & { readonly expectedVersion: number | null }): Promise<boolean> {
    const changed = await sqlChange(
      tx,
      `UPDATE api_keys SET key_ciphertext = NULL, deleted_at = now(), is_active = false, is_default = false, last_error = NULL
        WHERE organization_id = $1 AND id = $2 AND deleted_at IS NULL AND ($3::integer IS NULL OR row_version = $3)`,
      [target.organizationId, target.id, target.expectedVersion],
    );
    return changed === 1;
  }

  /** Writes what the vendor said, unless the key was replaced since; false: nothing was changed by it. */
  async recordVerdict(tx: Tx, key: ApiKeyTarget & { readonly fingerprint: Buffer }, verdict: KeyVerdict): Promise<boolean> {
    const changed = await sqlChange(
      tx,
      `UPDATE api_keys SET status = CASE WHEN $4 = 'unverified' THEN status ELSE $4 END, last_verified_at = CASE WHEN $4 = 'unverified' THEN last_verified_at ELSE now() END, last_error = $5
        WHERE organization_id = $1 AND id = $2 AND key_fingerprint = $3 AND deleted_at IS NULL`,
      [key.organizationId, key.id, key.fingerprint, verdict.status, wordsOf(verdict)],
    );
    return changed === 1;
  }

  /** Two that become the default at once take turns: the index would refuse the second. */
  private async unsetDefault(tx: Tx, { organizationId, provider, id }: ApiKeyTarget & { readonly provider: string }): Promise<void> {
    await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('api-key-default-' || $1::text || '-' || $2::text, 0))`, [organizationId, provider]);
    await sqlChange(tx, 'UPDATE api_keys SET is_default = false WHERE organization_id = $1 AND provider = $2 AND is_default AND deleted_at IS NULL AND id <> $3', [organizationId, provider, id]);
  }
}

const LONGEST_ERROR = 500;

const SELECT_KEY = `SELECT k.id, k.organization_id, k.user_id, k.provider, k.name, k.description, k.key_prefix, k.key_last4, k.base_url, k.metadata, k.is_active, k.is_default,
       CASE WHEN k.expires_at <= now() THEN 'expired' ELSE k.status END AS status, k.last_verified_at, k.last_error, k.last_used_at, k.usage_count, k.expires_at, k.row_version, k.created_at, k.updated_at,
       u.username AS created_by_username
  FROM api_keys k JOIN users u ON u.id = k.user_id`;

function wordsOf({ error }: KeyVerdict): string | null {
  return error === null ? null : storableText(error).slice(0, LONGEST_ERROR);
}

function columnsOf({ name, description, isActive, isDefault, metadata, expiresAt, material, verdict }: ApiKeyChanges): Record<string, unknown> {
  const plain = { name, description, is_active: isActive, is_default: isDefault, expires_at: expiresAt, metadata: metadata === undefined ? undefined : storableJson(metadata) };
  const all = { ...plain, ...(material ? materialColumns(material) : {}), ...(verdict ? { status: verdict.status, last_error: wordsOf(verdict) } : {}) };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

function materialColumns({ sealed, keyVersion, fingerprint, prefix, last4 }: KeyMaterial): Record<string, unknown> {
  return { key_ciphertext: sealed, key_version: keyVersion, key_fingerprint: fingerprint, key_prefix: prefix, key_last4: last4 };
}
