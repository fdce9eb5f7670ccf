/** A data key, wrapped by the key-encryption key whose id stands beside it. */
export interface WrappedKey {
  readonly kekId: string;
  readonly wrapped: Buffer;
}

/**
 * Where key-encryption keys live: in the environment, or in a key management service that never hands them out. Both wrap a data key of 32 bytes
 * for one scope, and unwrap it for that same scope only.
 */
export abstract class KeyEncryption {
  /** Id of the key that wraps from now on. */
  abstract readonly currentId: string;

  /** @param scope what the data key is for; bound into the wrapped key */
  abstract wrap(dataKey: Buffer, scope: string): Promise<WrappedKey>;

  /** @throws {Error} when the key-encryption key is not known here, or the value was changed or belongs to another scope */
  abstract unwrap(key: WrappedKey, scope: string): Promise<Buffer>;
}
