import { createHmac, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';

export interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
}

/** The keys that sign session tokens: the newest signs, all that are served verify. */
export class KeyRing {
  #made = 0;
  #keys: SigningKey[] = [];

  constructor() {
    this.add();
  }

  /** A new key, which signs from now on; the others are still served. */
  add(): SigningKey {
    this.#made += 1;
    const key = { kid: `ins_${this.#made.toString().padStart(4, '0')}peer`, privateKey: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey };
    this.#keys = [key, ...this.#keys];
    return key;
  }

  remove(kid: string): void {
    this.#keys = this.#keys.filter((key) => key.kid !== kid);
  }

  get current(): SigningKey {
    const [key] = this.#keys;
    if (!key) throw new Error('no key is left');
    return key;
  }

  jwks(): { keys: object[] } {
    return { keys: this.#keys.map(({ kid, privateKey }) => ({ use: 'sig', alg: 'RS256', kid, ...createPublicKey(privateKey).export({ format: 'jwk' }) })) };
  }

  /** As the dashboard shows it. */
  get pem(): string {
    return createPublicKey(this.current.privateKey).export({ format: 'pem', type: 'spki' }).toString();
  }
}

/** How a token is signed: as it should be, or in one of the ways that a forger tries. */
export type Signing = { readonly key?: SigningKey } | { readonly hmac: string } | { readonly none: true } | { readonly foreign: true };

export function jwt(header: object, claims: object, signing: Signing, ring: KeyRing): string {
  const input = `${encode(header)}.${encode(claims)}`;
  if ('none' in signing) return `${input}.`;
  if ('hmac' in signing) return `${input}.${createHmac('sha256', signing.hmac).update(input).digest('base64url')}`;
  const key = 'foreign' in signing ? generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey : (signing.key ?? ring.current).privateKey;
  const digest = String((header as { alg?: unknown }).alg).endsWith('512') ? 'sha512' : 'sha256';
  return `${input}.${sign(digest, Buffer.from(input), key).toString('base64url')}`;
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
