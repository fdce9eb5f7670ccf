import { AppError, FORBIDDEN, invalidField, newId, notFound, type Secret } from '@app/common';
import { type ApiKeyChanges, apiKeyDuplicate, type ApiKeyRow, ApiKeyStore, ApiKeyVault, recordAudit, type Tx, UnitOfWork } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { hasRole, type Principal } from '../auth/principal';
import { contentTag, versionConflict } from '../http/etag';
import type { IdempotentCall } from '../http/idempotency/idempotent-call';
import { ApiKeyResponse } from './dto/api-key.response';
import type { CreateApiKeyDto } from './dto/create-api-key.dto';
import type { UpdateApiKeyDto } from './dto/update-api-key.dto';
import { KeyAdmission, type CheckedKey, type Verified } from './key-admission';
import { ProbeLog } from './probe-log';

interface Replacement extends CheckedKey, Verified {
  readonly secret: Secret;
}

/** Saves, changes and wipes customers' keys. The provider is asked before the transaction, never in it. */
@Injectable()
export class ApiKeysService {
  constructor(
    private readonly keys: ApiKeyStore,
    private readonly vault: ApiKeyVault,
    private readonly admission: KeyAdmission,
    private readonly probes: ProbeLog,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** @throws {AppError} validation_failed (the provider refused it, too), unsafe_url, api_key_duplicate */
  async create(principal: Principal, dto: CreateApiKeyDto, call: IdempotentCall | null): Promise<ApiKeyRow> {
    const expiresAt = this.admission.expiry(dto.expiresAt ?? null);
    const key = await this.accepted(principal, await this.admission.check({ ...dto, secret: dto.keyValue }), dto.verify ?? true);
    const { credential, vendor, verdict, probed } = key;
    const place = { organizationId: principal.organizationId, id: newId(), provider: vendor.provider };
    return this.unitOfWork.run(async (tx) => {
      const material = await this.vault.seal(tx, place, dto.keyValue, vendor.keyPrefix);
      const { name, description = null, metadata = {}, isDefault = false } = dto;
      const isNew = await this.keys.create(tx, { ...place, userId: principal.userId, name, description, baseUrl: credential.baseUrl, metadata, isDefault, expiresAt, material, verdict });
      if (!isNew) throw apiKeyDuplicate((await this.keys.duplicateOf(tx, { ...place, name, fingerprint: material.fingerprint })) ?? 'keyValue');
      if (probed) await this.probes.record(tx, principal, 'key_test', { probed, payer: { apiKeyId: place.id } });
      await this.note(tx, place, 'api_key.created', { provider: place.provider, name, baseUrl: credential.baseUrl, isDefault, expiresAt, status: verdict.status });
      const row = await this.read(tx, principal, place.id);
      const body = ApiKeyResponse.from(row);
      await call?.complete(tx, { status: 201, body, headers: { Location: `/api/v1/api-keys/${row.id}`, ETag: contentTag(body) } });
      return row;
    });
  }

  /**
   * Changes what is sent; `keyValue` replaces the key itself.
   * @param expectedVersion the row version that the caller saw; null: any
   * @throws {AppError} validation_failed, api_key_duplicate, version_conflict, not_found
   */
  async update(principal: Principal, row: ApiKeyRow, dto: UpdateApiKeyDto, expectedVersion: number | null): Promise<ApiKeyRow> {
    const { name, description, isActive, isDefault, metadata } = dto;
    const expiresAt = dto.expiresAt === undefined ? undefined : this.admission.expiry(dto.expiresAt);
    const plain: ApiKeyChanges = { name, description, isActive, isDefault, metadata, expiresAt };
    const replacement = dto.keyValue === undefined ? null : await this.replacement(principal, row, dto.keyValue, dto.verify ?? true);
    return this.unitOfWork.run(async (tx) => {
      const changes = replacement ? { ...plain, ...(await this.sealed(tx, row, replacement)) } : plain;
      const taken = await this.keys.duplicateOf(tx, { ...row, name, fingerprint: changes.material?.fingerprint, except: row.id });
      if (taken !== null) throw apiKeyDuplicate(taken);
      if (!(await this.keys.update(tx, { ...row, expectedVersion }, changes))) await this.explain(tx, principal, row.id);
      if (replacement?.probed) await this.probes.record(tx, principal, 'key_test', { probed: replacement.probed, payer: { apiKeyId: row.id } });
      const told = { ...plain, ...(replacement ? { keyValue: 'replaced', status: replacement.verdict.status } : {}) };
      await this.note(tx, row, replacement ? 'api_key.rotated' : 'api_key.updated', told);
      return this.read(tx, principal, row.id);
    });
  }

  /** Wipes the sealed text; the row stays for what names it. @throws {AppError} version_conflict, not_found */
  async remove(principal: Principal, row: ApiKeyRow, expectedVersion: number | null): Promise<void> {
    await this.unitOfWork.run(async (tx) => {
      if (!(await this.keys.wipe(tx, { ...row, expectedVersion }))) await this.explain(tx, principal, row.id);
      await this.note(tx, row, 'api_key.deleted', { provider: row.provider, name: row.name });
    });
  }

  /** @throws {AppError} not_found */
  visible(principal: Principal, id: string): Promise<ApiKeyRow> {
    return this.read(this.unitOfWork.reader, principal, id);
  }

  /** Who saved it, while still a member, and admins. @throws {AppError} not_found, forbidden */
  async own(principal: Principal, id: string): Promise<ApiKeyRow> {
    const row = await this.visible(principal, id);
    if (row.userId !== principal.userId && !hasRole(principal.role, 'admin')) throw new AppError(FORBIDDEN, 'Only who saved the key, or an admin of the organization, may do this.');
    return row;
  }

  private async replacement(principal: Principal, row: ApiKeyRow, secret: Secret, isAsked: boolean): Promise<Replacement> {
    const checked = await this.admission.check({ provider: row.provider, baseUrl: row.baseUrl, secret });
    return { ...(await this.accepted(principal, checked, isAsked)), secret };
  }

  /** A key that its provider refuses is not saved; the try is kept. */
  private async accepted(principal: Principal, checked: CheckedKey, isAsked: boolean): Promise<CheckedKey & Verified> {
    const verified = await this.admission.verify(principal.organizationId, checked, isAsked);
    const { verdict, probed } = verified;
    if (verdict.status !== 'invalid' || probed === null) return { ...checked, ...verified };
    await this.unitOfWork.run((tx) => this.probes.record(tx, principal, 'key_test', { probed, payer: 'given' }));
    throw invalidField('/keyValue', 'refused', verdict.error ?? 'its provider refused it');
  }

  private async sealed(tx: Tx, row: ApiKeyRow, { secret, vendor, verdict }: Replacement): Promise<Pick<ApiKeyChanges, 'material' | 'verdict'>> {
    return { material: await this.vault.seal(tx, row, secret, vendor.keyPrefix), verdict };
  }

  private async read(manager: Tx, { organizationId }: Principal, id: string): Promise<ApiKeyRow> {
    const row = await this.keys.findForOrganization(manager, organizationId, id);
    if (!row) throw notFound();
    return row;
  }

  /** Nothing was changed: the key is gone, or somebody was quicker. */
  private async explain(tx: Tx, principal: Principal, id: string): Promise<never> {
    await this.read(tx, principal, id);
    throw versionConflict();
  }

  private async note(tx: Tx, { organizationId, id }: { organizationId: string; id: string }, action: `api_key.${string}`, changes: Record<string, unknown>): Promise<void> {
    await recordAudit(tx, { organizationId, action, targetType: 'api_key', targetId: id, changes });
  }
}
