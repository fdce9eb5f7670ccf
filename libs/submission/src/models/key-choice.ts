import { AppConfig, invalidField, notFound, type PlatformAccess } from '@app/common';
import { AiModelStore, ApiKeyStore, ApiKeyVault, obstacleOf, UnitOfWork, type ApiKeyRow, type KeyObstacle, type OpenApiKey, type Tx } from '@app/domain';
import { Injectable } from '@nestjs/common';

const WHY: Readonly<Record<KeyObstacle, string>> = {
  inactive: 'the key is switched off',
  expired: 'the key has expired',
  refused: 'the key was refused by its provider; test it, or replace it',
};

/** What calls a model for whom. */
export interface KeyQuestion {
  readonly organizationId: string;
  readonly aiModelId?: string | null;
  /** The key that is named; null: none. */
  readonly apiKeyId?: string | null;
}

/**
 * Which key pays for the calls of a model: the one that is named; else the platform's, for credits; where the platform has none, the
 * organization's own for that provider (its default one, else the oldest that can be used). The worker goes by the same rule.
 */
@Injectable()
export class KeyChoice {
  constructor(
    private readonly keys: ApiKeyStore,
    private readonly vault: ApiKeyVault,
    private readonly models: AiModelStore,
    private readonly unitOfWork: UnitOfWork,
    private readonly config: AppConfig,
  ) {}

  /** The key that a caller names. @throws {AppError} not_found: missing, deleted or foreign; validation_failed at /apiKeyId */
  async named(organizationId: string, id: string): Promise<ApiKeyRow> {
    const row = await this.keys.findForOrganization(this.unitOfWork.reader, organizationId, id.toLowerCase());
    if (!row) throw notFound();
    const obstacle = obstacleOf(row);
    if (obstacle !== null) throw invalidField('/apiKeyId', `key_${obstacle}`, WHY[obstacle]);
    return row;
  }

  /** @throws {AppError} validation_failed at /apiKeyId: the key is another provider's */
  requireProvider(row: ApiKeyRow, model: { readonly name: string; readonly keyProvider: string }): void {
    if (row.provider !== model.keyProvider) throw invalidField('/apiKeyId', 'wrong_provider', `the key is for ${row.provider}; ${model.name} is of ${model.keyProvider}`);
  }

  /** Whether calls are paid by the organization itself, so that they cost no credits. */
  async isOwn(tx: Tx, { aiModelId, apiKeyId }: KeyQuestion): Promise<boolean> {
    if (apiKeyId) return true;
    const provider = aiModelId ? await this.models.providerOf(tx, aiModelId) : null;
    return provider !== null && this.platformAccess(provider) === null;
  }

  /** The platform's own credential, for where nobody names a key; null: it has none. */
  platformAccess(provider: string): PlatformAccess | null {
    return this.config.models.platformAccess(provider);
  }

  /** The key in the clear: the named one, else the one that stands in; null: there is none. @throws {AppError} api_key_unreadable */
  async open(organizationId: string, provider: string, named: ApiKeyRow | null): Promise<OpenApiKey | null> {
    const row = named ?? (await this.keys.standIn(this.unitOfWork.reader, organizationId, provider));
    return row && this.vault.open(this.unitOfWork.reader, row);
  }
}
