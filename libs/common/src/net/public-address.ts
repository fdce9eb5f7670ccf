import { isIP } from 'node:net';
import ip from 'ipaddr.js';

/** Names that only mean something inside a network. */
const LOCAL_NAME = /(^|\.)(localhost|local|localdomain|internal|intranet|lan|home|corp|private|home\.arpa)$/i;
/** The deprecated IPv4-compatible addresses (RFC 4291, 2.5.5.1), which the library takes for ordinary ones. */
const COMPATIBLE_V4: [ip.IPv6, number] = [ip.IPv6.parse('::'), 96];

/**
 * Whether the text is an IP address that anybody on the internet could reach: no loopback, private, link-local (cloud metadata), documentation or
 * multicast range, and none that stands for an IPv4 address (mapped, compatible, translated, tunnelled).
 */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 0) return false;
  const parsed = ip.parse(address);
  return parsed.range() === 'unicast' && !(parsed instanceof ip.IPv6 && parsed.match(COMPATIBLE_V4));
}

/** Whether an address is this machine's own. */
export function isLoopbackAddress(address: string): boolean {
  return isIP(address) !== 0 && ip.parse(address).range() === 'loopback';
}

/** Whether the host of a URL is this machine: localhost or a loopback address. */
export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || isLoopbackAddress(host.replace(/^\[|\]$/g, ''));
}

/** Whether a host name is one that no public DNS has: without a dot, or under a local domain. */
export function isLocalName(host: string): boolean {
  const name = host.replace(/\.$/, '');
  return !name.includes('.') || LOCAL_NAME.test(name);
}
