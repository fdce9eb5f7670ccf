import { isLoopbackAddress, isLocalName, isPublicAddress } from '@app/common';
import { lookup } from 'node:dns/promises';
import { connect, type Socket } from 'node:net';

const RESOLVE_MS = 10_000;
const CONNECT_MS = 10_000;
/** Addresses of one name that are tried. */
const MOST_TRIES = 3;

/** How names are looked up and what else than the public internet may be reached. */
export interface EgressNetwork {
  /** All addresses of a name. */
  resolve(host: string): Promise<readonly string[]>;
  /** `host:port` that may lie on this machine. Only tests name any. */
  readonly onThisMachine: readonly string[];
}

export const PUBLIC_NETWORK: EgressNetwork = {
  resolve: async (host) => (await lookup(host, { all: true })).map(({ address }) => address),
  onThisMachine: [],
};

/** A connection that is not made because of what the name stands for. */
export class EgressRefusal extends Error {}

/**
 * Connects to a host whose addresses are all public, at the very address that was checked: a name that changes its answer gains nothing.
 * @throws {EgressRefusal} for an address that is not public; {Error} when it cannot be reached
 */
export async function connectPublic(network: EgressNetwork, host: string, port: number): Promise<Socket> {
  const isHere = network.onThisMachine.includes(`${host}:${port}`);
  if (isLocalName(host) && !isHere) throw new EgressRefusal('is a name of a private network');
  const addresses = await within(network.resolve(host));
  const isAllowed = (address: string): boolean => isPublicAddress(address) || (isHere && isLoopbackAddress(address));
  if (!addresses.every(isAllowed)) throw new EgressRefusal('leads to a private address');
  // Many machines have no IPv6 although names have.
  const inOrder = [...addresses].sort((a, b) => Number(a.includes(':')) - Number(b.includes(':'))).slice(0, MOST_TRIES);
  let last: Error = new Error('the host does not exist');
  for (const address of inOrder) {
    try {
      return await opened(address, port);
    } catch (error) {
      last = error as Error;
    }
  }
  throw last;
}

function opened(address: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port });
    const timer = setTimeout(() => socket.destroy(new Error('the host does not answer')), CONNECT_MS);
    socket.once('error', reject);
    socket.once('close', () => clearTimeout(timer));
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.off('error', reject);
      resolve(socket);
    });
  });
}

async function within(answer: Promise<readonly string[]>): Promise<readonly string[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => (timer = setTimeout(() => reject(new Error('the name could not be resolved in time')), RESOLVE_MS)));
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
