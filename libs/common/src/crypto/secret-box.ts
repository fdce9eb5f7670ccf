import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

const VERSION = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * AES-256-GCM. A sealed value is version (1 byte), nonce (12), ciphertext, tag (16). The additional data names what the
 * value belongs to (table, row, owner ...), so a value moved elsewhere never opens.
 */
export class SecretBox {
  /** @param key 32 bytes. */
  constructor(private readonly key: Buffer) {
    if (key.length !== 32) throw new Error('a secret box needs a key of 32 bytes');
  }

  /** A box whose key is derived (HKDF-SHA-256) from a master key for one purpose. */
  static derive(master: Buffer, purpose: string): SecretBox {
    return new SecretBox(Buffer.from(hkdfSync('sha256', master, Buffer.alloc(0), purpose, 32)));
  }

  seal(plain: Buffer, additional: string): Buffer {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.key, nonce).setAAD(Buffer.from(additional));
    const text = Buffer.concat([cipher.update(plain), cipher.final()]);
    return Buffer.concat([Buffer.from([VERSION]), nonce, text, cipher.getAuthTag()]);
  }

  /** @throws {Error} when the value was changed, belongs elsewhere, or was sealed with another key. */
  open(sealed: Buffer, additional: string): Buffer {
    if (sealed.length < 1 + NONCE_BYTES + TAG_BYTES || sealed[0] !== VERSION) throw new Error('not a sealed value');
    const nonce = sealed.subarray(1, 1 + NONCE_BYTES);
    const decipher = createDecipheriv('aes-256-gcm', this.key, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(Buffer.from(additional)).setAuthTag(sealed.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(sealed.subarray(1 + NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
  }
}
