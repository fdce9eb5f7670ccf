import type { HttpRequest } from '../../http/http-request';
import { isTokenText, newTokenText, tokenPrefix } from '../tokens/token-text';
import { bearerToken } from './bearer';
import { credentialOf } from './credential-of';
import { VerifiedTokens } from './verified-tokens';

const OURS = 'https://api.example.com';
const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const jwt = (claims: unknown): string => `${encode({ alg: 'HS256' })}.${encode(claims)}.c2ln`;

describe('credentialOf', () => {
  it.each([
    ['a personal access token', newTokenText(), 'token'],
    ['anything with its mark', 'ac_pat_', 'token'],
    ['a JWT of ours', jwt({ iss: OURS }), 'session'],
    ['a JWT of another issuer', jwt({ iss: 'https://clerk.example.com' }), 'clerk'],
    ['a JWT of an issuer that only begins like ours', jwt({ iss: `${OURS}.evil.example` }), 'clerk'],
    ['a JWT of ours without a signature', jwt({ iss: OURS }).split('.').slice(0, 2).join('.'), 'session'],
    ['no issuer', jwt({ sub: 'x' }), null],
    ['an issuer that is no text', jwt({ iss: [OURS] }), null],
    ['claims that are a list', jwt([{ iss: OURS }]), null],
    ['claims that are null', jwt(null), null],
    ['four parts', `${jwt({ iss: OURS })}.more`, null],
    ['no parts', 'garbage', null],
    ['no JSON', 'a.b.c', null],
    ['the mark in capitals', 'AC_PAT_x', null],
    ['nothing', '', null],
  ])('%s', (_name, token, credential) => expect(credentialOf(token, OURS)).toBe(credential));
});

describe('bearerToken', () => {
  const request = (...values: string[]) => ({ headers: values.length > 0 ? { authorization: values[0] } : {}, rawHeaders: ['Host', 'x', ...values.flatMap((value) => ['Authorization', value])] }) as unknown as HttpRequest;
  it.each([
    ['Bearer abc', 'abc'], ['bearer abc', 'abc'], ['BEARER a-b_c.d~e+f/g=', 'a-b_c.d~e+f/g='],
    ['Bearer', null], ['Bearer ', null], ['Bearer  abc', null], ['Bearer abc def', null], ['Bearer Bearer abc', null], ['Bearer\tabc', null], ['Bearer abc,', null],
    [' Bearer abc', null], ['Basic abc', null], ['abc', null], ['', null], ['Bearer äbc', null], ['Bearer "abc"', null], [`Bearer ${'a'.repeat(8_192)}`, null],
  ])('of %j', (header, token) => expect(bearerToken(request(header))).toBe(token));

  it('is none without a header, and none with two', () => {
    expect([bearerToken(request()), bearerToken(request('Bearer abc', 'Bearer abc'))]).toEqual([null, null]);
    expect(bearerToken({ headers: { authorization: 'Bearer abc' }, rawHeaders: ['authorization', 'Bearer abc', 'x', 'authorization'] })).toBe('abc');
  });
});

describe('personal access tokens', () => {
  it('are all different, of one length, and good by their checksum', () => {
    const tokens = Array.from({ length: 500 }, newTokenText);
    expect(new Set(tokens).size).toBe(500);
    expect(tokens.filter((token) => !/^ac_pat_[0-9A-Za-z]{49}$/.test(token) || !isTokenText(token))).toEqual([]);
  });

  it('show 6 of 43 digits', () => {
    const token = newTokenText();
    expect([tokenPrefix(token), tokenPrefix(token).length]).toEqual([token.slice(0, 13), 13]);
  });

  it('of a changed letter, more or fewer letters are not even looked up', () => {
    const token = newTokenText();
    const changed = [...token].map((letter, index) => (index < 7 ? token : `${token.slice(0, index)}${letter === 'a' ? 'b' : 'a'}${token.slice(index + 1)}`)).slice(7);
    expect(changed.filter(isTokenText)).toEqual([]);
    expect([`${token}x`, token.slice(0, -1), ` ${token}`, token.replace('pat', 'PAT'), `${token}\n`, ''].filter(isTokenText)).toEqual([]);
  });
});

describe('verified tokens', () => {
  it('die when they expire', () => {
    const verified = new VerifiedTokens();
    verified.add('a', { exp: 100 });
    expect([verified.get('a', 99.9), verified.get('b', 0), verified.get('a', 100), verified.size]).toEqual([{ exp: 100 }, null, null, 0]);
  });

  it('are at most so many, the newest', () => {
    const verified = new VerifiedTokens(2);
    for (const token of ['a', 'b', 'c']) verified.add(token, { exp: 1 });
    expect([verified.has('a'), verified.has('b'), verified.has('c'), verified.size]).toEqual([false, true, true, 2]);
    verified.drop('b');
    expect(verified.size).toBe(1);
  });
});
