import { AppConfig, type Secret, SecretBox } from '@app/common';
import type { FactoryProvider } from '@nestjs/common';
import { IdempotencyStore } from './idempotency.store';

/** Provides `IdempotencyStore`, with boxes that are derived from the key-encryption keys for it alone. */
export const idempotencyStoreProvider: FactoryProvider<IdempotencyStore> = {
  provide: IdempotencyStore,
  inject: [AppConfig],
  useFactory: ({ core: { KEK, KEK_PREVIOUS } }: AppConfig) => new IdempotencyStore(boxOf(KEK), KEK_PREVIOUS === undefined ? null : boxOf(KEK_PREVIOUS)),
};

function boxOf(key: Secret): SecretBox {
  return SecretBox.derive(key.use((text) => Buffer.from(text, 'base64')), 'idempotency');
}
