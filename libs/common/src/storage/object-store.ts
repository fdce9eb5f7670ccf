/** A part of an object: from `offset`, at most `length` bytes. */
export interface ObjectRange {
  readonly offset: number;
  readonly length: number;
}

/** What a key may look like: words of a-z, 0-9 and "-" with slashes between them, so that it is a harmless path and address everywhere. */
const KEY = /^[a-z0-9-]{1,64}(\/[a-z0-9-]{1,64}){0,5}$/;
const KEY_CHARACTERS = 300;

/**
 * Bytes under keys, outside of the database and reachable for every process. An object is written once, whole, and is there when `put`
 * resolves; it never changes under its key.
 */
export abstract class ObjectStore {
  /** false: nothing may be put here, everything stays in the database. */
  abstract readonly isConfigured: boolean;
  /** Writes an object; writing the same again is harmless. @throws {Error} when the bytes may not have arrived */
  abstract put(key: string, bytes: Buffer, mediaType: string): Promise<void>;
  /** The bytes, or a part of them; null when there is no such object. */
  abstract get(key: string, range?: ObjectRange): Promise<Buffer | null>;
  /** Removes an object; one that is not there is no error. */
  abstract delete(key: string): Promise<void>;
}

/** @throws {Error} when the key could mean something else somewhere */
export function checkedObjectKey(key: string): string {
  if (key.length > KEY_CHARACTERS || !KEY.test(key)) throw new Error(`not usable as an object's key: ${JSON.stringify(key.slice(0, 80))}`);
  return key;
}

/** No store was configured. */
export class NoObjectStore extends ObjectStore {
  readonly isConfigured = false;

  put(): Promise<void> {
    return Promise.reject(new Error('no object store is configured'));
  }

  get(): Promise<Buffer | null> {
    return Promise.reject(new Error('no object store is configured, but a row says that its bytes lie in one: set OBJECT_STORE as it was'));
  }

  delete(): Promise<void> {
    return this.put();
  }
}
