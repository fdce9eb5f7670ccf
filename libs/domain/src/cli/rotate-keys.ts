import { CoreConfig, loadConfigGroup } from '@app/common';
import { recordAudit } from '../audit/record-audit';
import { EnvironmentKeyEncryption } from '../secrets/environment.key-encryption';
import { rewrapDataKeys } from '../secrets/key-rotation';
import { command } from './command';

/** `npm run keys:rotate`: wraps every data key with KEK; KEK_PREVIOUS opens what is still wrapped with the key before. */
void command(async (source) => {
  const { KEK, KEK_PREVIOUS } = loadConfigGroup(CoreConfig);
  const encryption = new EnvironmentKeyEncryption(KEK, KEK_PREVIOUS);
  const wrapped = await rewrapDataKeys(source, encryption);
  await source.transaction((tx) =>
    recordAudit(tx, { organizationId: null, action: 'key_encryption_key.rotated', targetType: 'key_encryption_key', targetId: encryption.currentId, changes: { dataKeys: wrapped } }),
  );
  return `${wrapped} data keys are wrapped anew with the key-encryption key ${encryption.currentId}. KEK_PREVIOUS is needed no more once every process runs with this KEK.`;
});
