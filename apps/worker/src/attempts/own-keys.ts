import { AppConfig, AppError, createSafeFetch, Logger, redact, type SafeFetch } from '@app/common';
import { type ApiKeyRow, ApiKeyStore, ApiKeyVault, type KeyObstacle, obstacleOf, type OpenApiKey, recordAudit, UnitOfWork } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { AttemptFailure } from './attempt-failure';

/** A model's whole answer, however long it streams. */
const LONGEST_CALL_MS = 900_000;
const LARGEST_ANSWER = 64 * 1_024 * 1_024;

const WHY: Readonly<Record<KeyObstacle, string>> = {
  inactive: 'is switched off',
  expired: 'has expired',
  refused: 'was refused by its provider; test it, or replace it',
};

/** Which key a call shall use. */
export interface KeyWish {
  readonly organizationId: string;
  /** The key that the task names; null: none. */
  readonly apiKeyId: string | null;
  readonly provider: string;
}

/** Customers' own keys, for the calls of an attempt. */
@Injectable()
export class OwnKeys {
  /** For addresses that customers gave; one for all calls, as it keeps connections. */
  readonly fetch: SafeFetch;

  constructor(
    private readonly uow: UnitOfWork,
    private readonly keys: ApiKeyStore,
    private readonly vault: ApiKeyVault,
    private readonly logger: Logger,
    config: AppConfig,
  ) {
    this.fetch = createSafeFetch({ allowLoopback: !config.core.isProduction, timeoutMs: LONGEST_CALL_MS, maxBytes: LARGEST_ANSWER });
  }

  /** The key that the task names, else the one that stands in for the provider; null: there is none. @throws {AttemptFailure} provider_auth */
  async open(wish: KeyWish): Promise<OpenApiKey | null> {
    const { organizationId, apiKeyId, provider } = wish;
    const row = apiKeyId === null ? await this.keys.standIn(this.uow.reader, organizationId, provider) : await this.named(wish, apiKeyId);
    if (row === null) return null;
    const key = await this.vault.open(this.uow.reader, row).catch((error: unknown) => {
      throw error instanceof AppError ? new AttemptFailure('provider_auth', `The key "${row.name}" cannot be used: ${error.detail}`) : error;
    });
    if (key === null) throw gone();
    return key;
  }

  /** The provider refused the key: no task begins with it until a person has looked. A key that was replaced meanwhile stays as it is. Never throws: the call has failed anyway. */
  async markRefused(key: OpenApiKey, words: string): Promise<void> {
    const error = redact(words);
    try {
      await this.uow.run(async (tx) => {
        if (!(await this.keys.recordVerdict(tx, key, { status: 'invalid', error }))) return;
        await recordAudit(tx, { organizationId: key.organizationId, action: 'api_key.refused', targetType: 'api_key', targetId: key.id, changes: { status: 'invalid', lastError: error } });
      });
    } catch (failure) {
      this.logger.named('own-keys').warn('a refused key could not be marked', { apiKeyId: key.id, err: failure });
    }
  }

  private async named({ organizationId, provider }: KeyWish, apiKeyId: string): Promise<ApiKeyRow> {
    const row = await this.keys.findForOrganization(this.uow.reader, organizationId, apiKeyId);
    if (!row) throw gone();
    const obstacle = obstacleOf(row);
    if (obstacle !== null) throw new AttemptFailure('provider_auth', `The key "${row.name}" ${WHY[obstacle]}.`);
    if (row.provider !== provider) throw new AttemptFailure('provider_auth', `The key "${row.name}" is for ${row.provider}; this model is of ${provider}.`);
    return row;
  }
}

function gone(): AttemptFailure {
  return new AttemptFailure('provider_auth', 'The key that this task uses was deleted. Retry with another one.');
}
