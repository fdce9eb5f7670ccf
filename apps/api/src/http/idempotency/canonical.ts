import { hmacSha256, invalidParameter } from '@app/common';

/** JSON with sorted keys, so that the same body hashes alike however its fields are ordered. The body's depth was checked before. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${canonicalJson(field)}`).join(',')}}`;
}

/**
 * What makes two calls the same: the organization they act in and the body; method and path are compared beside it. Keyed, since a body may hold a
 * password: a plain hash of it in the database would be guessed fast.
 */
export function callHash(key: Buffer, organizationId: string | null, body: unknown): Buffer {
  return hmacSha256(key, `${organizationId ?? ''}\n${canonicalJson(body)}`);
}

/** The Idempotency-Key header, or null. @throws {AppError} invalid_parameter when it is not 1 to 255 visible ASCII characters. */
export function readKey(header: string | string[] | undefined): string | null {
  if (header === undefined) return null;
  if (typeof header !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(header)) throw invalidParameter('Idempotency-Key', 'invalid_format', 'must be 1 to 255 visible ASCII characters');
  return header;
}
