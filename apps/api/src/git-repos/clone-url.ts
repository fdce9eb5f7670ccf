import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { AppError, isLocalName, isLoopbackHost, isPublicAddress } from '@app/common';
import { INVALID_CLONE_URL } from '@app/domain';

const LOOKUP_MS = 3_000;
/** The name service itself fails: the worker, which checks again when it connects, will tell. */
const PASSING = new Set(['EAI_AGAIN', 'ETIMEOUT', 'ECONNREFUSED']);

/** An address a repository is cloned from, and what it is called. */
export interface CloneAddress {
  readonly cloneUrl: string;
  readonly name: string;
  readonly fullName: string;
}

/**
 * Reads a clone address: https to a public host; file:// and loopback only where this deployment allows local repositories. The worker checks
 * the address again when it connects, as a name may point elsewhere by then.
 * @throws {AppError} invalid_clone_url
 */
export async function readCloneUrl(text: string, allowsLocal: boolean): Promise<CloneAddress> {
  const url = parse(text);
  const isLocal = url.protocol === 'file:' ? url.host === '' : isLoopbackHost(url.hostname);
  if (isLocal ? !allowsLocal : url.protocol !== 'https:') throw invalid(isLocal ? 'points at this machine' : 'must begin with https://');
  if (isLocal && !['file:', 'http:', 'https:'].includes(url.protocol)) throw invalid('must begin with https://');
  if (!isLocal) await requirePublic(url.hostname);
  return named(url);
}

function parse(text: string): URL {
  const url = /^[\x21-\x7e]+$/.test(text) && !text.includes('\\') ? URL.parse(text) : null;
  if (!url) throw invalid('is not a URL');
  if (url.username || url.password) throw invalid('must not hold a user name or password');
  if (url.search || url.hash) throw invalid('must not hold a query or fragment');
  return url;
}

async function requirePublic(host: string): Promise<void> {
  const literal = host.replace(/^\[|\]$/g, '');
  if (isIP(literal)) {
    if (!isPublicAddress(literal)) throw invalid('points at a private address');
    return;
  }
  if (isLocalName(host)) throw invalid('points at a private address');
  for (const address of await addressesOf(host)) if (!isPublicAddress(address)) throw invalid('points at a private address');
}

async function addressesOf(host: string): Promise<string[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never[]>((resolve) => (timer = setTimeout(() => resolve([]), LOOKUP_MS)));
  try {
    const found = await Promise.race([lookup(host, { all: true }), late]);
    return found.map((entry) => entry.address);
  } catch (error) {
    if (PASSING.has((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw invalid('names a host that does not exist');
  } finally {
    clearTimeout(timer);
  }
}

function named(url: URL): CloneAddress {
  const path = url.pathname.replace(/\/+$/, '');
  const segments = path.split('/').filter(Boolean);
  const last = segments.at(-1)?.replace(/\.git$/, '');
  if (!last) throw invalid('names no repository');
  const owner = segments.at(-2);
  return { cloneUrl: `${url.protocol}//${url.host}${path}`, name: last, fullName: owner === undefined ? last : `${owner}/${last}` };
}

function invalid(why: string): AppError {
  return new AppError(INVALID_CLONE_URL, `The clone address ${why}.`, { errors: [{ pointer: '/cloneUrl', code: 'invalid_clone_url', detail: why }] });
}
