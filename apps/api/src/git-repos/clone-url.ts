import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { AppError, isLocalName, isLoopbackHost, isPublicAddress } from '@app/common';
import { INVALID_CLONE_URL } from '@app/domain';

const LOOKUP_MS = 3_000;
/** git@host:path, as forges show it. */
const SHORT_SSH = /^([A-Za-z0-9_][A-Za-z0-9._-]{0,63})@([A-Za-z0-9][A-Za-z0-9.-]*):(?!\/\/|\d+\/)\/?(.+)$/;
const SSH_USER = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$/;
const SSH_HOST = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9a-f:]+\])$/i;
const SSH_PATH = /^\/(?!-)[A-Za-z0-9_.~/+%@-]{1,1000}$/;
/** The name service itself fails: the worker, which checks again when it connects, will tell. */
const PASSING = new Set(['EAI_AGAIN', 'ETIMEOUT', 'ECONNREFUSED']);

/** An address a repository is cloned from, and what it is called. */
export interface CloneAddress {
  readonly cloneUrl: string;
  readonly name: string;
  readonly fullName: string;
}

/**
 * Reads a clone address: https or ssh to a public host; file:// and loopback only where this deployment allows local repositories. The worker
 * checks the address again when it connects, as a name may point elsewhere by then. `git@host:path` is taken for ssh://git@host/path.
 * @throws {AppError} invalid_clone_url
 */
export async function readCloneUrl(text: string, allowsLocal: boolean): Promise<CloneAddress> {
  const url = parse(text.replace(SHORT_SSH, 'ssh://$1@$2/$3'));
  const isLocal = url.protocol === 'file:' ? url.host === '' : isLoopbackHost(url.hostname);
  const isRemote = url.protocol === 'https:' || url.protocol === 'ssh:';
  if (isLocal && !allowsLocal) throw invalid('points at this machine');
  if (!isRemote && !(isLocal && ['file:', 'http:'].includes(url.protocol))) throw invalid('must begin with https:// or ssh://');
  if (!isLocal) await requirePublic(url.hostname);
  return named(url);
}

/** The address to connect to now for a remote's name; loopback only where that is allowed. @throws {AppError} invalid_clone_url */
export async function reachableAddress({ hostname }: URL, allowsLocal: boolean): Promise<string> {
  const literal = hostname.replace(/^\[|\]$/g, '');
  if (allowsLocal && isLoopbackHost(hostname)) return literal === 'localhost' ? '127.0.0.1' : literal;
  const [address] = await requirePublic(hostname);
  if (address === undefined) throw invalid('names a host that cannot be looked up now');
  return address;
}

function parse(text: string): URL {
  const url = /^[\x21-\x7e]+$/.test(text) && !text.includes('\\') ? URL.parse(text) : null;
  if (!url) throw invalid('is not a URL');
  if (url.search || url.hash) throw invalid('must not hold a query or fragment');
  if (url.protocol === 'ssh:') return plainSsh(url);
  if (url.username || url.password) throw invalid('must not hold a user name or password');
  return url;
}

/** User, host and path are handed to ssh: nothing in them may look like an option. */
function plainSsh(url: URL): URL {
  if (url.password) throw invalid('must not hold a password');
  if (!SSH_USER.test(url.username)) throw invalid('must name a plain user, as in ssh://git@host/path');
  if (!SSH_HOST.test(url.hostname)) throw invalid('must name a plain host');
  if (!SSH_PATH.test(url.pathname)) throw invalid('must have a plain path');
  return url;
}

/** Its addresses; none when the name service fails. */
async function requirePublic(host: string): Promise<string[]> {
  const literal = host.replace(/^\[|\]$/g, '');
  if (isIP(literal) === 0 && isLocalName(host)) throw invalid('points at a private address');
  const addresses = isIP(literal) === 0 ? await addressesOf(host) : [literal];
  for (const address of addresses) if (!isPublicAddress(address)) throw invalid('points at a private address');
  return addresses;
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
  const user = url.username === '' ? '' : `${url.username}@`;
  return { cloneUrl: `${url.protocol}//${user}${url.host}${path}`, name: last, fullName: owner === undefined ? last : `${owner}/${last}` };
}

function invalid(why: string): AppError {
  return new AppError(INVALID_CLONE_URL, `The clone address ${why}.`, { errors: [{ pointer: '/cloneUrl', code: 'invalid_clone_url', detail: why }] });
}
