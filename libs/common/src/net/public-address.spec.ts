import { isLocalName, isLoopbackHost, isPublicAddress } from './public-address';

describe('isPublicAddress', () => {
  it.each(['140.82.121.3', '8.8.8.8', '2606:50c0:8000::153', '172.32.0.1', '100.128.0.1'])('%s is public', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  it.each([
    '127.0.0.1', '0.0.0.0', '10.1.2.3', '172.16.0.1', '172.31.255.255', '192.168.1.1', '169.254.169.254', '100.64.0.1', '224.0.0.1', '255.255.255.255',
    '::1', '::', '::ffff:127.0.0.1', '::ffff:8.8.8.8', 'fe80::1', 'fd00::1', 'ff02::1', '64:ff9b::7f00:1', '2002:7f00:1::', 'example.com', '', '1.2.3',
  ])('%s is not', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });
});

describe('names', () => {
  it('knows those of a network of its own', () => {
    expect(['redis', 'metadata.google.internal', 'a.localhost', 'printer.local', 'x.home.arpa', 'redis.'].map(isLocalName)).not.toContain(false);
    expect(['github.com', 'local.example.com', 'internal.dev'].map(isLocalName)).not.toContain(true);
  });

  it('knows this machine', () => {
    expect(['localhost', '127.0.0.1', '127.8.8.8', '[::1]'].map(isLoopbackHost)).not.toContain(false);
    expect(['127.0.0.1.example.com', 'localhost.example.com', '128.0.0.1'].map(isLoopbackHost)).not.toContain(true);
  });
});
