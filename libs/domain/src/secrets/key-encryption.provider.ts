import { AppConfig } from '@app/common';
import type { FactoryProvider } from '@nestjs/common';
import { EnvironmentKeyEncryption } from './environment.key-encryption';
import { KeyEncryption } from './key-encryption';

/** Key-encryption keys of this deployment. A key management service is one more implementation, chosen here. */
export const keyEncryptionProvider: FactoryProvider<KeyEncryption> = {
  provide: KeyEncryption,
  inject: [AppConfig],
  useFactory: ({ core }: AppConfig) => new EnvironmentKeyEncryption(core.KEK, core.KEK_PREVIOUS),
};
