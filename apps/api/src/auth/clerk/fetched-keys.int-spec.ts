import { Logger, Secret } from '@app/common';
import { FakeClock } from '@app/common/testing';
import { type ClerkPeer, startClerkPeer } from '../../../../../test/support/clerk-peer';
import { fetchKeySet } from './fetch-key-set';
import { FetchedKeys } from './fetched-keys';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

let clerk: ClerkPeer;
let clock: FakeClock;
let keys: FetchedKeys;
let first: string;
beforeEach(async () => {
  clerk = await startClerkPeer();
  clock = new FakeClock();
  keys = new FetchedKeys(() => fetchKeySet({ apiUrl: clerk.url, secretKey: new Secret(clerk.secretKey) }), clock, Logger.create('silent', 'test'));
  first = clerk.signingKey.kid;
});
afterEach(() => clerk.stop());

const known = async (kid: string): Promise<boolean> => (await keys.find(kid)) !== null;
const fetches = (): number => clerk.requests().length;
const flood = async (tokens: number): Promise<void> => {
  const found = await Promise.all(Array.from({ length: tokens }, (_, index) => keys.find(`ins_random_${index}_${clock.monotonicMs()}`)));
  expect(found.every((key) => key === null)).toBe(true);
};

describe('the fetched keys', () => {
  it('are fetched once, by whoever comes first', async () => {
    expect(await Promise.all(Array.from({ length: 50 }, () => known(first)))).toEqual(Array.from({ length: 50 }, () => true));
    expect(fetches()).toBe(1);
  });

  it('know a new key at its first use', async () => {
    expect(await known(first)).toBe(true);
    clock.advance(31 * SECOND);
    const second = clerk.addKey().kid;
    expect([await known(second), await known(first), fetches()]).toEqual([true, true, 2]);
  });

  it('refuse a removed key ten minutes after its removal at the latest', async () => {
    expect(await known(first)).toBe(true);
    clerk.addKey();
    clerk.removeKey(first);
    clock.advance(10 * MINUTE - 1);
    expect(await known(first)).toBe(true);
    clock.advance(1);
    // All at once: nobody gets through on the old set while the new one is on its way.
    expect(await Promise.all(Array.from({ length: 20 }, () => known(first)))).toEqual(Array.from({ length: 20 }, () => false));
    expect(fetches()).toBe(2);
  });

  it('cost one fetch in 30 s, however many key ids are made up', async () => {
    expect(await known(first)).toBe(true);
    clock.advance(31 * SECOND);
    await flood(10_000);
    expect(fetches()).toBe(2);
    for (let second = 0; second < 60; second++) {
      clock.advance(SECOND);
      await flood(20);
    }
    expect(fetches()).toBe(4);
    expect(await known(first)).toBe(true);
  });

  it('find a new key within 30 s in the middle of such a flood', async () => {
    await flood(100);
    const second = clerk.addKey().kid;
    expect(await known(second)).toBe(false);
    clock.advance(30 * SECOND);
    expect(await known(second)).toBe(true);
  });

  it('go on through an outage of an hour, and take nothing unknown', async () => {
    expect(await known(first)).toBe(true);
    const unpublished = clerk.addKey().kid;
    clerk.fault({ path: '/v1/jwks', status: 503, times: 1_000 });
    for (let minute = 0; minute < 60; minute++) {
      clock.advance(MINUTE);
      expect([await known(first), await known(unpublished)]).toEqual([true, false]);
    }
    expect(fetches()).toBeGreaterThan(10);
    expect(fetches()).toBeLessThanOrEqual(1 + 120);
    clerk.clearFaults();
    clock.advance(30 * SECOND);
    expect([await known(unpublished), await known(first)]).toEqual([true, true]);
  });

  it('end after a day without Clerk', async () => {
    expect(await known(first)).toBe(true);
    clerk.fault({ path: '/v1/jwks', cut: true, times: 1_000 });
    clock.advance(24 * HOUR - 1);
    expect(await known(first)).toBe(true);
    clock.advance(1);
    expect(await known(first)).toBe(false);
  });

  it('make nobody wait for a Clerk that hangs when the key is known', async () => {
    expect(await known(first)).toBe(true);
    clock.advance(11 * MINUTE);
    clerk.fault({ path: '/v1/jwks', status: 500 });
    expect(await known(first)).toBe(true);
    clock.advance(31 * SECOND);
    clerk.fault({ path: '/v1/jwks', delayMs: 3_000 });
    const started = performance.now();
    expect(await known(first)).toBe(true);
    expect(performance.now() - started).toBeLessThan(2_000);
  });

  it.each([
    ['no JSON set', { keys: 'none' }],
    ['an empty set', { keys: [] }],
    ['only keys for something else', { keys: [{ kid: 'x', kty: 'EC', crv: 'P-256', x: 'a', y: 'b' }, { kid: 'y', kty: 'RSA', use: 'enc', n: 'a', e: 'AQAB' }, null, 'key'] }],
  ])('take %s for an outage', async (_, body) => {
    expect(await known(first)).toBe(true);
    clerk.fault({ path: '/v1/jwks', body, times: 10 });
    clock.advance(11 * MINUTE);
    expect(await known(first)).toBe(true);
    expect(fetches()).toBe(2);
  });

  it('are nobody\'s with a wrong secret key', async () => {
    const wrong = new FetchedKeys(() => fetchKeySet({ apiUrl: clerk.url, secretKey: new Secret('sk_test_wrong') }), clock, Logger.create('silent', 'test'));
    expect(await wrong.find(first)).toBeNull();
  });
});
