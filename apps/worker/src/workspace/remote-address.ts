import { AppError, isLocalName, isLoopbackHost, isPublicAddress } from '@app/common';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { GIT_NETWORK, GIT_URL_REFUSED } from './git.errors';

/** All addresses of a name; the system's resolver unless a test says otherwise. */
export type Resolve = (host: string) => Promise<readonly string[]>;

const bySystem: Resolve = async (host) => (await lookup(host, { all: true })).map(({ address }) => address);

/**
 * The address that a remote's name leads to now: git connects to this one, whatever the name says a moment later. Loopback only where
 * `allowsLocal`. @throws {AppError} git_url_refused when any of its addresses is private; git_network
 */
export async function checkedAddress(hostname: string, allowsLocal: boolean, resolve: Resolve = bySystem): Promise<string> {
  const host = hostname.replace(/^\[|\]$/g, '');
  if (allowsLocal && isLoopbackHost(host)) return host === 'localhost' ? '127.0.0.1' : host;
  if (isIP(host) === 0 && isLocalName(host)) throw refused();
  const addresses = isIP(host) === 0 ? await resolved(host, resolve) : [host];
  if (!addresses.every((address) => isPublicAddress(address))) throw refused();
  const [first] = addresses;
  if (first === undefined) throw new AppError(GIT_NETWORK, 'The name of the repository\'s server leads nowhere.');
  return first;
}

async function resolved(host: string, resolve: Resolve): Promise<readonly string[]> {
  try {
    return await resolve(host);
  } catch (error) {
    throw new AppError(GIT_NETWORK, 'The name of the repository\'s server could not be looked up.', { cause: error });
  }
}

function refused(): AppError {
  return new AppError(GIT_URL_REFUSED, 'The repository\'s address is not allowed: it leads into a private network.');
}
