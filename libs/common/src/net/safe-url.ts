import { isIP } from 'node:net';
import { AppError } from '../errors/app-error';
import { UNSAFE_URL } from '../errors/common.errors';
import { isLocalName, isLoopbackHost, isPublicAddress } from './public-address';

const HTTPS_PORT = 443;
/** Ports below belong to other services; a web server that strangers offer listens on 443 or above. */
const FIRST_FREE_PORT = 1_024;
const LONGEST_URL = 2_048;

export interface UrlRules {
  /** Lets http and https reach this machine: for development, never in production. */
  readonly allowLoopback: boolean;
}

/**
 * Reads an address that a user gave: https on port 443 or above 1023, without user name, fragment or a host of a private network. What a name
 * resolves to is checked when it is connected to, by `createSafeFetch`.
 * @throws {AppError} unsafe_url
 */
export function assertSafeUrl(text: string, rules: UrlRules): URL {
  const url = parse(text);
  if (isLoopbackHost(url.hostname)) {
    if (!rules.allowLoopback) throw unsafeUrl('points at a private address');
    return url;
  }
  if (url.protocol !== 'https:') throw unsafeUrl('must begin with https://');
  const port = url.port === '' ? HTTPS_PORT : Number(url.port);
  if (port !== HTTPS_PORT && port < FIRST_FREE_PORT) throw unsafeUrl('names a port that belongs to another service');
  const literal = url.hostname.replace(/^\[|\]$/g, '');
  if (isIP(literal) ? !isPublicAddress(literal) : isLocalName(url.hostname)) throw unsafeUrl('points at a private address');
  return url;
}

function parse(text: string): URL {
  const isPlain = text.length <= LONGEST_URL && /^https?:\/\/[\x21-\x7e]+$/i.test(text) && !text.includes('\\');
  const url = isPlain ? URL.parse(text) : null;
  if (!url) throw unsafeUrl('is not an https:// address');
  if (url.username || url.password) throw unsafeUrl('must not hold a user name or password');
  if (url.hash) throw unsafeUrl('must not hold a fragment');
  return url;
}

/** A refusal, with the reason that follows "The address". */
export function unsafeUrl(why: string): AppError {
  return new AppError(UNSAFE_URL, `The address ${why}.`);
}
