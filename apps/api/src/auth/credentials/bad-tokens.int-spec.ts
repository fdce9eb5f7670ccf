import { createHmac, createSign, generateKeyPairSync, sign as signBytes } from 'node:crypto';
import { connect } from 'node:net';
import { type SignedIn, TestApi } from '../../testing/test-api';
import { AccessTokens } from '../access-token';
import { newTokenText } from '../tokens/token-text';

type Claims = Record<string, unknown>;

const SECRET = 'a secret for tests, of more than 32 bytes';
const SOMEBODY = '018f6e0a-0000-7000-8000-000000000001';
const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const mac = (body: string, key: string, hash = 'sha256'): string => `${body}.${createHmac(hash, key).update(body).digest('base64url')}`;
const sign = (header: object, claims: unknown, key = SECRET, hash = 'sha256'): string => mac(`${encode(header)}.${encode(claims)}`, key, hash);
const without = (claims: Claims, name: string): Claims => Object.fromEntries(Object.entries(claims).filter(([key]) => key !== name));
const parts = (token: string) => token.split('.').slice(0, 2).map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Claims) as [Claims, Claims];
const now = Math.floor(Date.now() / 1000);
const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const ed = generateKeyPairSync('ed25519');
const rsaPem = rsa.publicKey.export({ type: 'spki', format: 'pem' });

let api: TestApi;
let ada: SignedIn;
let header: Claims;
let claims: Claims;
beforeAll(async () => {
  api = await TestApi.start();
  ada = await api.signUp();
  [header, claims] = parts(ada.accessToken);
}, 60_000);
afterAll(() => api.close());

const profile = (authorization: string) => api.send('get', '/api/v1/users/profile').set('Authorization', authorization);
const query = (sql: string, ...values: unknown[]) => api.database.dataSource.query<unknown[]>(sql, values);
const makeToken = async (as: SignedIn, organizationId = as.organizationId): Promise<{ id: string; token: string }> =>
  (await api.send('post', '/api/v1/auth/tokens', as).set('X-Organization-Id', organizationId).send({ name: 'x', scopes: ['tasks:read'] })).body as { id: string; token: string };

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Record<string, unknown>;
}

/** A refusal as the contract has it. */
function expectRefusal(answer: Answer, status = 401): void {
  const { code } = answer.body;
  expect({ status: answer.status, type: answer.headers['content-type'] }).toEqual({ status, type: 'application/problem+json; charset=utf-8' });
  expect(answer.body).toEqual({
    type: expect.stringMatching(/^http:\/\/127\.0\.0\.1:3000\/problems\/[a-z-]+$/) as string, title: expect.any(String) as string, status, detail: expect.any(String) as string,
    instance: '/api/v1/users/profile', code: expect.any(String) as string, requestId: answer.headers['x-request-id'],
  });
  if (status !== 401) return;
  expect(['unauthenticated', 'token_expired', 'token_revoked']).toContain(code);
  expect(answer.headers['www-authenticate']).toMatch(/^Bearer realm="async-coder", error="(invalid_request|invalid_token)"$/);
}

it('tokens of our own making are good', async () => {
  expect(header).toEqual({ alg: 'HS256', typ: 'JWT', kid: api.app.get(AccessTokens, { strict: false }).keyId });
  expect(Object.keys(claims).sort()).toEqual(['aud', 'exp', 'iat', 'iss', 'jti', 'org', 'role', 'sid', 'sub', 'tv']);
  expect([(await profile(`Bearer ${sign(header, claims)}`)).status, (await profile(`bearer ${ada.accessToken}`)).status]).toEqual([200, 200]);
});

describe('a token of ours that is not good', () => {
  const rows: [string, () => string][] = [
    ['garbage', () => 'garbage'],
    ['three dots', () => '...'],
    ['two dots', () => '..'],
    ['two parts', () => sign(header, claims).split('.').slice(0, 2).join('.')],
    ['no signature', () => `${sign(header, claims).split('.').slice(0, 2).join('.')}.`],
    ['four parts', () => `${sign(header, claims)}.a`],
    ['five parts, as of an encrypted one', () => `${sign(header, claims)}.a.b`],
    ['no header', () => `.${sign(header, claims).split('.').slice(1).join('.')}`],
    ['no JSON inside', () => 'e30.bm90IGpzb24.AAAA'],
    ['claims that are no JSON, well signed', () => mac(`${encode(header)}.bm90IGpzb24`, SECRET)],
    ['claims that are a list', () => sign(header, [])],
    ['claims that are null', () => sign(header, null)],
    ['claims that are a text', () => sign(header, 'iss')],
    ['claims that are no UTF-8', () => mac(`${encode(header)}.${Buffer.from([123, 34, 255, 254, 34, 125]).toString('base64url')}`, SECRET)],
    ['padding', () => `${sign(header, claims)}=`],
    ['padding in the claims, well signed', () => mac(`${encode(header)}.${encode(claims)}==`, SECRET)],
    ['the other base64 in the signature', () => `${sign(header, claims).slice(0, -2)}+/`],
    ['the header twice', () => { const [a] = sign(header, claims).split('.'); return `${a}.${a}.${sign(header, claims).split('.')[2]}`; }],
    ['a cut signature', () => sign(header, claims).slice(0, -4)],
    ['a longer signature', () => `${sign(header, claims)}AAAA`],
    ['one letter of the signature changed', () => { const token = sign(header, claims); return `${token.slice(0, -10)}${token.at(-10) === 'A' ? 'B' : 'A'}${token.slice(-9)}`; }],
    ['a changed claim', () => { const [a, , c] = sign(header, claims).split('.'); return `${a}.${encode({ ...claims, role: 'admin' })}.${c}`; }],
    ['alg none', () => `${encode({ ...header, alg: 'none' })}.${encode(claims)}.`],
    ['alg None with a signature', () => sign({ ...header, alg: 'None' }, claims)],
    ['alg nOnE without one', () => `${encode({ ...header, alg: 'nOnE' })}.${encode(claims)}.`],
    ['no alg', () => sign(without(header, 'alg'), claims)],
    ['alg in small letters', () => sign({ ...header, alg: 'hs256' }, claims)],
    ['alg as a list', () => sign({ ...header, alg: ['HS256'] }, claims)],
    ['alg HS512, well signed', () => sign({ ...header, alg: 'HS512' }, claims, SECRET, 'sha512')],
    ['alg HS384, well signed', () => sign({ ...header, alg: 'HS384' }, claims, SECRET, 'sha384')],
    ['alg RS256 with a key of its own', () => { const body = `${encode({ ...header, alg: 'RS256' })}.${encode(claims)}`; return `${body}.${createSign('RSA-SHA256').update(body).sign(rsa.privateKey, 'base64url')}`; }],
    ['HS256 with a public key as the secret', () => sign(header, claims, String(rsaPem))],
    ['alg EdDSA with a key of its own', () => { const body = `${encode({ ...header, alg: 'EdDSA' })}.${encode(claims)}`; return `${body}.${signBytes(null, Buffer.from(body), ed.privateKey).toString('base64url')}`; }],
    ['a key in the header (jwk)', () => sign({ ...header, jwk: { kty: 'oct', k: Buffer.from('own').toString('base64url') } }, claims, 'own')],
    ['a key address in the header (jku)', () => sign({ ...header, jku: 'https://example.com/keys' }, claims)],
    ['a certificate in the header (x5c)', () => sign({ ...header, x5c: ['MIIB'] }, claims)],
    ['a certificate address in the header (x5u)', () => sign({ ...header, x5u: 'https://example.com/c.pem' }, claims)],
    ['a critical extension', () => sign({ ...header, crit: ['exp'] }, claims)],
    ['unencoded claims (b64)', () => sign({ ...header, b64: false, crit: ['b64'] }, claims)],
    ['compressed claims (zip)', () => sign({ ...header, zip: 'DEF' }, claims)],
    ['another key id', () => sign({ ...header, kid: 'other' }, claims)],
    ['no key id', () => sign(without(header, 'kid'), claims)],
    ['a path as key id', () => sign({ ...header, kid: '../../../../dev/null' }, claims, '')],
    ['SQL as key id', () => sign({ ...header, kid: "' UNION SELECT 'x" }, claims, 'x')],
    ['__proto__ as key id', () => sign({ ...header, kid: '__proto__' }, claims)],
    ['a number as key id', () => sign({ ...header, kid: 0 }, claims)],
    ['another type', () => sign({ ...header, typ: 'at+jwt' }, claims)],
    ['no type', () => sign(without(header, 'typ'), claims)],
    ['another secret', () => sign(header, claims, 'another secret of more than 32 bytes ...')],
    ['an empty secret', () => sign(header, claims, '')],
    ['expired', () => sign(header, { ...claims, iat: now - 1_000, exp: now - 60 })],
    ['no exp', () => sign(header, without(claims, 'exp'))],
    ['exp as a text', () => sign(header, { ...claims, exp: String(now + 60) })],
    ['exp with a fraction', () => sign(header, { ...claims, exp: now + 60.5 })],
    ['exp beyond what a number holds', () => mac(`${encode(header)}.${Buffer.from(JSON.stringify({ ...claims, exp: 0 }).replace('"exp":0', '"exp":1e400')).toString('base64url')}`, SECRET)],
    ['exp of 2^60', () => sign(header, { ...claims, exp: 2 ** 60 })],
    ['exp below zero', () => sign(header, { ...claims, exp: -1 })],
    ['exp of null', () => sign(header, { ...claims, exp: null })],
    ['exp before iat', () => sign(header, { ...claims, iat: now, exp: now - 2 })],
    ['issued in an hour', () => sign(header, { ...claims, iat: now + 3_600, exp: now + 7_200 })],
    ['iat as a text', () => sign(header, { ...claims, iat: String(now) })],
    ['iat with a fraction', () => sign(header, { ...claims, iat: now - 0.5 })],
    ['no iat', () => sign(header, without(claims, 'iat'))],
    ['not yet valid', () => sign(header, { ...claims, nbf: now + 3_600 })],
    ['nbf as a text', () => sign(header, { ...claims, nbf: 'now' })],
    ['another issuer', () => sign(header, { ...claims, iss: 'https://example.com' })],
    ['an issuer that begins like ours', () => sign(header, { ...claims, iss: `${String(claims['iss'])}/` })],
    ['issuers as a list', () => sign(header, { ...claims, iss: [claims['iss']] })],
    ['no issuer', () => sign(header, without(claims, 'iss'))],
    ['another audience', () => sign(header, { ...claims, aud: 'others' })],
    ['several audiences', () => sign(header, { ...claims, aud: ['async-coder-api', 'others'] })],
    ['a list of our audience', () => sign(header, { ...claims, aud: ['async-coder-api'] })],
    ['no audience', () => sign(header, without(claims, 'aud'))],
    ['no subject', () => sign(header, without(claims, 'sub'))],
    ['a subject that is no uuid', () => sign(header, { ...claims, sub: "' OR 1=1" })],
    ['a subject with NUL', () => sign(header, { ...claims, sub: '\u0000' })],
    ['somebody else as subject', () => sign(header, { ...claims, sub: SOMEBODY })],
    ['no session', () => sign(header, without(claims, 'sid'))],
    ['an unknown session', () => sign(header, { ...claims, sid: SOMEBODY })],
    ['a session that is an object', () => sign(header, { ...claims, sid: { id: claims['sid'] } })],
    ['no organization', () => sign(header, without(claims, 'org'))],
    ['an organization that is no uuid', () => sign(header, { ...claims, org: 'mine' })],
    ['a token version of the past', () => sign(header, { ...claims, tv: -1 })],
    ['a token version of the future', () => sign(header, { ...claims, tv: 1 })],
    ['a token version as text', () => sign(header, { ...claims, tv: '0' })],
    ['a token version with a fraction', () => sign(header, { ...claims, tv: 0.5 })],
    ['no token version', () => sign(header, without(claims, 'tv'))],
    ['no token id', () => sign(header, without(claims, 'jti'))],
    ['5,000 letters', () => sign(header, { ...claims, pad: 'x'.repeat(5_000) })],
    ['9,000 letters', () => sign(header, { ...claims, pad: 'x'.repeat(8_000) })],
    ['claims 2,000 objects deep', () => mac(`${encode(header)}.${Buffer.from(`${'{"a":'.repeat(600)}1${'}'.repeat(600)}`).toString('base64url')}`, SECRET)],
  ];
  it('has rows enough', () => expect(rows.length).toBeGreaterThanOrEqual(60));
  it.each(rows)('%s', async (_name, make) => expectRefusal(await profile(`Bearer ${make()}`)));

  it('of a session that has ended', async () => {
    const person = await api.signUp();
    expect((await profile(`Bearer ${person.accessToken}`)).status).toBe(200);
    await query(`UPDATE user_sessions SET revoked_at = now(), revoked_reason = 'admin' WHERE user_id = $1`, person.userId);
    expectRefusal(await profile(`Bearer ${person.accessToken}`));
  });

  it('of a session past its days', async () => {
    const person = await api.signUp();
    await query(`UPDATE user_sessions SET created_at = now() - interval '2 days', expires_at = now() - interval '1 second' WHERE user_id = $1`, person.userId);
    expectRefusal(await profile(`Bearer ${person.accessToken}`));
  });

  it('of a user who was erased', async () => {
    const person = await api.signUp();
    await query(`UPDATE users SET status = 'deleted', deleted_at = now() WHERE id = $1`, person.userId);
    expectRefusal(await profile(`Bearer ${person.accessToken}`));
  });

  it('of a user whose token version rose, remembered or not', async () => {
    const person = await api.signUp();
    expect((await profile(`Bearer ${person.accessToken}`)).status).toBe(200);
    await query(`UPDATE users SET token_version = token_version + 1 WHERE id = $1`, person.userId);
    expectRefusal(await profile(`Bearer ${person.accessToken}`));
  });

  it('of a suspended user, 403', async () => {
    const person = await api.signUp();
    await query(`UPDATE users SET status = 'suspended' WHERE id = $1`, person.userId);
    expectRefusal(await profile(`Bearer ${person.accessToken}`), 403);
  });
});

describe('a personal access token that is not good', () => {
  const rows: [string, () => string][] = [
    ['unknown', newTokenText],
    ['its mark alone', () => 'ac_pat_'],
    ['a letter short', () => newTokenText().slice(0, -1)],
    ['a letter long', () => `${newTokenText()}0`],
    ['a wrong checksum', () => { const token = newTokenText(); return `${token.slice(0, -1)}${token.endsWith('0') ? '1' : '0'}`; }],
    ['the mark in capitals', () => newTokenText().replace('ac_pat_', 'AC_PAT_')],
    ['another mark', () => newTokenText().replace('ac_pat_', 'ghp_')],
    ['no mark', () => newTokenText().replace('ac_pat_', '')],
    ['the mark twice', () => `ac_pat_${newTokenText()}`],
    ['a dash inside', () => `ac_pat_${'-'.repeat(49)}`],
    ['dots, as in a JWT', () => `ac_pat_${ada.accessToken}`],
    ['100 KB of it', () => `ac_pat_${'0'.repeat(9_000)}`],
  ];
  it.each(rows)('%s', async (_name, make) => expectRefusal(await profile(`Bearer ${make()}`)));

  it.each([
    ['revoked', `UPDATE personal_access_tokens SET revoked_at = now() WHERE id = $1`, 401, 'token_revoked'],
    ['expired', `UPDATE personal_access_tokens SET expires_at = now() WHERE id = $1`, 401, 'token_expired'],
    ['gone', `DELETE FROM personal_access_tokens WHERE id = $1`, 401, 'unauthenticated'],
    ['of an erased user', `UPDATE users SET status = 'deleted', deleted_at = now() WHERE id = (SELECT user_id FROM personal_access_tokens WHERE id = $1)`, 401, 'token_revoked'],
    ['of a suspended user', `UPDATE users SET status = 'suspended' WHERE id = (SELECT user_id FROM personal_access_tokens WHERE id = $1)`, 403, 'account_suspended'],
    ['of an organization that was deleted', `UPDATE organizations SET deleted_at = now() WHERE id = (SELECT organization_id FROM personal_access_tokens WHERE id = $1)`, 401, 'token_revoked'],
    ['of somebody who left', `DELETE FROM organization_members WHERE (organization_id, user_id) = (SELECT organization_id, user_id FROM personal_access_tokens WHERE id = $1)`, 401, 'token_revoked'],
    ['of somebody who left and came back', `UPDATE organization_members SET created_at = clock_timestamp() WHERE (organization_id, user_id) = (SELECT organization_id, user_id FROM personal_access_tokens WHERE id = $1)`, 401, 'token_revoked'],
  ])('%s', async (_name, change, status, code) => {
    const { id, token } = await makeToken(await api.signUp());
    expect((await profile(`Bearer ${token}`)).status).toBe(200);
    await query(change, id);
    const answer = (await profile(`Bearer ${token}`)) as unknown as Answer;
    expectRefusal(answer, status);
    expect(answer.body['code']).toBe(code);
  });

  it('in another place than the header is none', async () => {
    const { token } = await makeToken(ada);
    const tries = [
      api.send('get', '/api/v1/users/profile').set('Cookie', `ac_refresh=${token}; Authorization=${token}; access_token=${token}`),
      api.send('get', '/api/v1/users/profile').set('X-Api-Key', token),
      api.send('get', '/api/v1/users/profile').set('Proxy-Authorization', `Bearer ${token}`),
    ];
    for (const answer of await Promise.all(tries)) expectRefusal(answer);
    expect((await api.send('get', `/api/v1/users/profile?access_token=${token}`)).status).toBeGreaterThanOrEqual(400);
  });
});

describe('an Authorization header that is not good', () => {
  it.each([
    ['empty', ''], ['the scheme alone', 'Bearer'], ['Basic', 'Basic eDp5'], ['Token', 'Token x'], ['Digest', 'Digest username="x"'], ['a JWT without a scheme', 'TOKEN'], ['two tokens', 'Bearer TOKEN TOKEN'],
    ['the scheme twice', 'Bearer Bearer TOKEN'], ['two spaces', 'Bearer  TOKEN'], ['a tab', 'Bearer\tTOKEN'], ['a comma', 'Bearer TOKEN,'], ['quotes', 'Bearer "TOKEN"'], ['a parameter', 'Bearer token=TOKEN'],
    ['a good token behind Basic', 'Basic x, Bearer TOKEN'], ['percent signs', 'Bearer %54OKEN'], ['letters beyond ASCII', 'Bearer TOKEN\u00e9'],
  ])('%s', async (_name, value) => expectRefusal(await raw([`Authorization: ${value.replaceAll('TOKEN', ada.accessToken)}`])));

  it('sent twice, even with good tokens', async () => {
    expect((await raw([`Authorization: Bearer ${ada.accessToken}`])).status).toBe(200);
    expectRefusal(await raw([`Authorization: Bearer ${ada.accessToken}`, `Authorization: Bearer ${ada.accessToken}`]));
    expectRefusal(await raw([`Authorization: Bearer ${ada.accessToken}`, 'authorization: Basic eDp5']));
  });

  it.each([['NUL', 'Bearer abc\0def', 400], ['a bare carriage return', 'Bearer abc\rdef', 400], ['a megabyte', `Bearer ${'a'.repeat(1_048_576)}`, 431]])('%s is not even HTTP that we read', async (_name, value, status) => {
    const answer = await raw([`Authorization: ${value}`]);
    expect([answer.status, answer.headers['content-type']]).toEqual([status, 'application/problem+json']);
  });
});

/** As bytes on the wire: clients refuse to send some of this. */
function raw(headers: readonly string[]): Promise<Answer> {
  const { hostname, port } = new URL(api.url);
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(Number(port), hostname, () => socket.write(['GET /api/v1/users/profile HTTP/1.1', 'Host: localhost', 'Connection: close', ...headers, '', ''].join('\r\n'), 'latin1'));
    socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    socket.on('close', () => {
      const [head = '', body = ''] = text.split('\r\n\r\n', 2);
      const [first = '', ...lines] = head.split('\r\n');
      if (first === '') return reject(new Error('no answer'));
      const fields = Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)]));
      const json = /\{.*\}/s.exec(body)?.[0] ?? '{}';
      resolve({ status: Number(first.split(' ')[1]), headers: fields, body: JSON.parse(json) as Record<string, unknown> });
    });
    // The server may close before a megabyte is through.
    socket.on('error', () => undefined);
  });
}
