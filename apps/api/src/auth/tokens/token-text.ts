import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { TOKEN_MARK } from '../credentials/credential-of';

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** 256 bits and 32 bits in base 62. */
const SECRET_LENGTH = 43;
const CHECK_LENGTH = 6;
const SHAPE = /^ac_pat_([0-9A-Za-z]{43})([0-9A-Za-z]{6})$/;
/** Of the secret, for telling tokens apart: 36 of its 256 bits. */
const SHOWN_LENGTH = 6;

/** A new personal access token: a mark that scanners find, 256 random bits, and a checksum, so that a typing error costs no look-up. */
export function newTokenText(): string {
  const secret = base62(BigInt(`0x${randomBytes(32).toString('hex')}`), SECRET_LENGTH);
  return `${TOKEN_MARK}${secret}${checksum(secret)}`;
}

export function isTokenText(text: string): boolean {
  const [, secret, check] = SHAPE.exec(text) ?? [];
  return secret !== undefined && checksum(secret) === check;
}

/** The part that lists may show. */
export function tokenPrefix(text: string): string {
  return text.slice(0, TOKEN_MARK.length + SHOWN_LENGTH);
}

function checksum(secret: string): string {
  return base62(BigInt(crc32(secret)), CHECK_LENGTH);
}

function base62(value: bigint, length: number): string {
  let text = '';
  for (let rest = value; text.length < length; rest /= 62n) text = (DIGITS[Number(rest % 62n)] ?? '') + text;
  return text;
}
