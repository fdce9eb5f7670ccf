import { BlockList, isIP } from 'node:net';

/** Ranges that are not the public internet: this machine, private and link-local nets (cloud metadata too), documentation, multicast, tunnels to IPv4. */
// Two lists: in one, a range of mapped addresses would match every IPv4 address.
const NOT_PUBLIC = { ipv4: new BlockList(), ipv6: new BlockList() };
const V4 = ['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24', '192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4'];
const V6 = ['::/96', '::ffff:0:0/96', '64:ff9b::/96', '64:ff9b:1::/48', '100::/64', '2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20', 'fc00::/7', 'fe80::/10', 'fec0::/10', 'ff00::/8'];
for (const range of V4) add(range, 'ipv4');
for (const range of V6) add(range, 'ipv6');

/** Names that only mean something inside a network. */
const LOCAL_NAME = /(^|\.)(localhost|local|localdomain|internal|intranet|lan|home|corp|private|home\.arpa)$/i;

/** Whether the text is an IP address that anybody on the internet could reach. Mapped IPv4 addresses count as not public. */
export function isPublicAddress(address: string): boolean {
  const version = isIP(address);
  const family = version === 4 ? 'ipv4' : 'ipv6';
  return version !== 0 && !NOT_PUBLIC[family].check(address, family);
}

/** Whether the host of a URL is this machine: localhost or a loopback address. */
export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);
}

/** Whether a host name is one that no public DNS has: without a dot, or under a local domain. */
export function isLocalName(host: string): boolean {
  const name = host.replace(/\.$/, '');
  return !name.includes('.') || LOCAL_NAME.test(name);
}

function add(range: string, family: 'ipv4' | 'ipv6'): void {
  const [net = '', bits] = range.split('/');
  NOT_PUBLIC[family].addSubnet(net, Number(bits), family);
}
