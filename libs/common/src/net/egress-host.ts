import { isIP } from 'node:net';
import { isLocalName } from './public-address';

const ENTRY = /^(\*\.)?((?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9]))(?::([1-9]\d{0,4}))?$/;
const LONGEST_NAME = 253;
const LARGEST_PORT = 65_535;

/** An entry of an allow-list of hosts. */
export interface EgressHost {
  readonly name: string;
  /** Every name below counts, the name itself does not. */
  readonly isWildcard: boolean;
  /** Null: the web's own, 80 and 443. */
  readonly port: number | null;
}

/** Reads `example.com`, `*.example.com` or `example.com:8443`; null for anything else: an address, a name of a private network, a wildcard over a whole top-level domain. */
export function parseEgressHost(text: unknown): EgressHost | null {
  const match = typeof text === 'string' ? ENTRY.exec(text.toLowerCase()) : null;
  const name = match?.[2];
  if (!match || name === undefined || name.length > LONGEST_NAME || isIP(name) !== 0 || isLocalName(name)) return null;
  const port = match[3] === undefined ? null : Number(match[3]);
  return port !== null && port > LARGEST_PORT ? null : { name, isWildcard: match[1] !== undefined, port };
}

/** Whether the text is an entry of an allow-list of hosts. */
export function isEgressHost(text: unknown): text is string {
  return parseEgressHost(text) !== null;
}
