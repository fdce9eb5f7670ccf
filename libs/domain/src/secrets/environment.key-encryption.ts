import { type Secret, SecretBox, sha256 } from '@app/common';
import { KeyEncryption, type WrappedKey } from './key-encryption';

/** Key-encryption keys from the environment: one that wraps, and, while rotating, the one before, which only unwraps. */
export class EnvironmentKeyEncryption extends KeyEncryption {
  readonly currentId: string;
  private readonly boxes = new Map<string, SecretBox>();

  /** @param current base64 of 32 bytes; `previous` likewise */
  constructor(current: Secret, previous?: Secret) {
    super();
    if (previous) this.add(previous);
    this.currentId = this.add(current);
  }

  wrap(dataKey: Buffer, scope: string): Promise<WrappedKey> {
    return Promise.resolve({ kekId: this.currentId, wrapped: this.box(this.currentId).seal(dataKey, additional(scope)) });
  }

  unwrap({ kekId, wrapped }: WrappedKey, scope: string): Promise<Buffer> {
    return Promise.resolve().then(() => this.box(kekId).open(wrapped, additional(scope)));
  }

  private box(id: string): SecretBox {
    const box = this.boxes.get(id);
    if (!box) throw new Error(`no key-encryption key with the id ${id}: set KEK_PREVIOUS to the key before, or restore it`);
    return box;
  }

  private add(secret: Secret): string {
    const key = secret.use((text) => Buffer.from(text, 'base64'));
    const id = sha256(Buffer.concat([Buffer.from('key-encryption key id '), key])).toString('hex').slice(0, 12);
    this.boxes.set(id, new SecretBox(key));
    return id;
  }
}

function additional(scope: string): string {
  return `data_keys|${scope}`;
}
