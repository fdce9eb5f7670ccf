import { AppConfig, SecretBox } from '@app/common';
import type { FactoryProvider } from '@nestjs/common';
import { IdempotencyStore } from './idempotency.store';

/** Provides `IdempotencyStore`, with a box that is derived from the key-encryption key for it alone. */
export const idempotencyStoreProvider: FactoryProvider<IdempotencyStore> = {
  provide: IdempotencyStore,
  inject: [AppConfig],
  useFactory: (config: AppConfig) => new IdempotencyStore(SecretBox.derive(config.core.KEK.use((key) => Buffer.from(key, 'base64')), 'idempotency')),
};
