import { setTimeout as wait } from 'node:timers/promises';
import { Injectable, Module, type CanActivate } from '@nestjs/common';
import { APP_GUARD, ApplicationConfig } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { type SignedIn, TestApi } from '../../testing/test-api';
import { AddressLimitGuard } from './address-limit.guard';
import { GuardOrder } from './guard-order';
import { PrincipalLimitGuard } from './principal-limit.guard';
import { RateLimits } from './rate-limits';

interface Shown {
  readonly status: number;
  readonly headers: Record<string, string>;
}

const left = ({ headers }: Shown): string | undefined => headers['ratelimit'];
const policy = ({ headers }: Shown): string | undefined => headers['ratelimit-policy'];

describe('with limits of a few calls', () => {
  let api: TestApi;
  let ada: SignedIn;
  let grace: SignedIn;
  beforeAll(async () => {
    api = await TestApi.start({ RATE_LIMIT_DEFAULT: '30/60/5', RATE_LIMIT_ANONYMOUS: '60/60/4', RATE_LIMIT_SIGN_IN: '10/900/10', RATE_LIMIT_SIGN_IN_ACCOUNT: '5/900', TRUSTED_PROXIES: '1' });
    [ada, grace] = [await api.signUp(), await api.signUp()];
  }, 60_000);
  afterAll(() => api.close());

  const from = (address: string, path: string, as?: SignedIn) => api.send('get', path, as).set('X-Forwarded-For', address);

  it('counts a known caller by name, wherever the call comes from', async () => {
    const first = await from('192.0.2.1', '/api/v1/organizations', ada);
    expect([first.status, policy(first), left(first)]).toEqual([200, '"default";q=30;w=60', '"default";r=4;t=2']);
    const more = await Promise.all(Array.from({ length: 6 }, (_, n) => from(`192.0.2.${n}`, '/api/v1/organizations', ada)));
    expect(more.filter(({ status }) => status === 200)).toHaveLength(4);
    const refused = more.find(({ status }) => status === 429)!;
    expect(refused.body).toMatchObject({ code: 'rate_limited', status: 429, type: expect.stringContaining('/problems/rate-limited') as string });
    expect(refused.headers).toMatchObject({ 'retry-after': expect.stringMatching(/^[12]$/) as string, ratelimit: expect.stringMatching(/^"default";r=0;t=(9|10)$/) as string });
    expect((await from('192.0.2.1', '/api/v1/organizations', grace)).status).toBe(200);
    await wait(Number(refused.headers['retry-after']) * 1_000);
    expect((await from('192.0.2.1', '/api/v1/organizations', ada)).status).toBe(200);
  });

  it.each([
    ['no token', '/api/v1/organizations', {}, 401],
    ['a bad token', '/api/v1/organizations', { authorization: 'Bearer nonsense' }, 401],
    ['no such path', '/api/v1/nothing', {}, 404],
    ['a wrong method', '/api/v1/auth/login', {}, 405],
    ['a broken address', '/api/v1/organizations?q=%00', {}, 400],
    ['a public page', '/problems/not-found', {}, 200],
  ])('counts %s on the address, and says so', async (name, path, headers, status) => {
    const address = `198.51.100.${name.length}`;
    const answers: Shown[] = [];
    // One call a second comes back: a machine that is slow gets a few more than four.
    while (answers.at(-1)?.status !== 429 && answers.length < 20) answers.push(await from(address, path).set(headers));
    expect(answers.length).toBeGreaterThanOrEqual(5);
    expect(new Set(answers.slice(0, -1).map((answer) => answer.status))).toEqual(new Set([status]));
    expect(new Set(answers.map(policy))).toEqual(new Set(['"default";q=60;w=60']));
    expect(left(answers[0]!)).toMatch(/^"default";r=3;t=\d$/);
    expect(answers.at(-1)).toMatchObject({ status: 429, headers: { 'retry-after': '1' } });
  });

  it('counts an IPv6 network as one address', async () => {
    const answers = [];
    for (let call = 1; call <= 5; call += 1) answers.push(await from(`2001:db8:1:2:${call}::${call}`, '/problems/not-found'));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 429]);
    expect((await from('2001:db8:1:3::1', '/problems/not-found')).status).toBe(200);
  });

  it('never limits probes', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => from('203.0.113.9', '/health/live')));
    expect(answers.every((answer) => answer.status === 200 && policy(answer) === undefined)).toBe(true);
  });

  const signIn = (address: string, email: string) => api.send('post', '/api/v1/auth/login').set('X-Forwarded-For', address).send({ email, password: 'wrong-password-here' });

  it('holds an account to five calls (signing up was one), in any case, from any address, whether or not there is one', async () => {
    for (const email of [grace.email, 'nobody-at-all@example.com']) {
      const answers = [];
      for (let call = 0; call < 6; call += 1) answers.push(await signIn(`203.0.113.${call}`, call % 2 ? email : email.toUpperCase()));
      expect(answers.slice(0, 4).map(({ status }) => status)).toEqual([401, 401, 401, 401]);
      expect([answers[5]!.status, (answers[5]!.body as { code: string }).code]).toEqual([429, 'too_many_login_attempts']);
      expect(Number(answers[5]!.headers['retry-after'])).toBeGreaterThan(170);
      expect(policy(answers[0]!)).toBe('"sign-in";q=10;w=900, "sign-in-account";q=5;w=900');
      expect(left(answers[1]!)).toMatch(/^"sign-in";r=\d+;t=\d+, "sign-in-account";r=[23];t=\d+$/);
    }
  });

  it('holds an address to ten tries over all accounts', async () => {
    const answers = [];
    for (let call = 0; call < 12; call += 1) answers.push(await signIn('192.0.2.77', `person-number-${call}@example.com`));
    expect(answers.map(({ status }) => status)).toEqual([...Array.from({ length: 10 }, () => 401), 429, 429]);
  });

  it('counts refreshes beside sign-ins', async () => {
    const answer = await api.send('post', '/api/v1/auth/refresh').set('X-Forwarded-For', '192.0.2.78').send({ refreshToken: 'nonsense' });
    expect([answer.status, policy(answer)]).toEqual([401, '"refresh";q=10;w=900']);
  });
});

describe('the order of guards', () => {
  @Injectable()
  class Other implements CanActivate {
    canActivate = (): boolean => true;
  }

  const start = async (isFirst: boolean, isLast: boolean) => {
    const limits = { provide: RateLimits, useValue: {} };
    const address = { provide: APP_GUARD, useClass: AddressLimitGuard };
    const other = { provide: APP_GUARD, useClass: Other };
    @Module({ providers: [limits, PrincipalLimitGuard, GuardOrder, ...(isFirst ? [address, other] : [other, address])] })
    class Root {}
    const app = (await Test.createTestingModule({ imports: [Root] }).compile()).createNestApplication({ logger: false });
    if (isLast) app.useGlobalGuards(app.get(PrincipalLimitGuard));
    return app.init();
  };

  it('is checked at boot', async () => {
    const app = await start(true, true);
    expect(app.get(ApplicationConfig).getGlobalGuards()).toHaveLength(3);
    await app.close();
    await expect(start(false, true)).rejects.toThrow('AddressLimitGuard must be the first');
    await expect(start(true, false)).rejects.toThrow('PrincipalLimitGuard the last');
  });

  it('is the one of the contract in the whole API', async () => {
    const api = await TestApi.start();
    const names = api.app.get(ApplicationConfig, { strict: false }).getGlobalGuards().map((guard) => guard.constructor.name);
    await api.close();
    expect(names).toEqual(['AddressLimitGuard', 'AuthGuard', 'PolicyGuard', 'PrincipalLimitGuard']);
  }, 60_000);
});
