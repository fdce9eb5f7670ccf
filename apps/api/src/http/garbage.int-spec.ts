import { connect } from 'node:net';
import { type SignedIn, TestApi } from '../testing/test-api';

let api: TestApi;
let ada: SignedIn;
beforeAll(async () => {
  api = await TestApi.start();
  ada = await api.signUp();
}, 60_000);
afterAll(() => api.close());

const register = { email: 'x@example.com', password: 'orbit-velvet-canyon-42' };

function expectProblem(answer: { status: number; headers: Record<string, string>; body: Record<string, unknown> }, status: number, code: string): void {
  expect({ status: answer.status, code: answer.body['code'] }).toEqual({ status, code });
  expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
  expect(answer.body).toMatchObject({ status, requestId: answer.headers['x-request-id'] });
  expect(String(answer.body['type'])).toBe(`http://127.0.0.1:3000/problems/${code.replaceAll('_', '-')}`);
  // Nothing of the machinery shows.
  expect(JSON.stringify(answer.body)).not.toMatch(/SELECT|INSERT|\/work|node_modules|at \w+ \(|QueryFailed|TypeORM|postgres/i);
}

describe('bodies', () => {
  it.each([
    ['NUL in a text', { ...register, displayName: 'a\u0000b' }, '/displayName'],
    ['a lone surrogate', '{"email":"x@example.com","password":"orbit-velvet-canyon-42","displayName":"a\\ud800b"}', '/displayName'],
    ['NUL in a key', '{"a\\u0000b":1}', '/a\ufffdb'],
    ['a reserved key', '{"__proto__":{"role":"admin"}}', '/__proto__'],
    ['a key that every object has', { ...register, toString: 'x' }, '/toString'],
    ['an unknown field', { ...register, role: 'admin' }, '/role'],
    ['a wrong type', { ...register, email: 7 }, '/email'],
    ['an object in place of a text', { ...register, username: { $gt: '' } }, '/username'],
    ['a missing field', { email: 'x@example.com' }, '/password'],
    ['an address that is none', { ...register, email: 'nobody' }, '/email'],
    ['a text beyond its column', { ...register, displayName: 'x'.repeat(201) }, '/displayName'],
    ['a password of eleven characters', { ...register, password: 'orbit-velve' }, '/password'],
    ['a common password', { ...register, password: 'passwordpassword1' }, '/password'],
    ['a password with the address', { ...register, password: 'x@example.com-and-more' }, '/password'],
    ['a list', '[]', ''],
  ])('%s is 422 with a pointer', async (_name, body, pointer) => {
    const answer = await api.send('post', '/api/v1/auth/register').type('json').send(body);
    expectProblem(answer, 422, 'validation_failed');
    expect((answer.body as { errors: { pointer: string }[] }).errors.map((fault) => fault.pointer)).toContain(pointer);
  });

  it.each([
    ['cut JSON', '{"email": ', 'malformed_json', 400],
    ['a bare number', '7', 'malformed_json', 400],
    ['null', 'null', 'malformed_json', 400],
    ['deep objects', `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`, 'malformed_json', 400],
    ['deep arrays', `{"a":${'['.repeat(40_000)}${']'.repeat(40_000)}}`, 'malformed_json', 400],
    ['too many keys', JSON.stringify(Object.fromEntries(Array.from({ length: 1_001 }, (_, n) => [`k${n}`, 1]))), 'malformed_json', 400],
    ['too many bytes', JSON.stringify({ email: 'x'.repeat(110_000) }), 'payload_too_large', 413],
  ])('%s', async (_name, body, code, status) => {
    const answer = await api.send('post', '/api/v1/auth/register').type('json').send(body);
    expectProblem(answer, status, code);
  });

  it('accepts nesting of 20 in form', async () => {
    const answer = await api.send('post', '/api/v1/auth/register').type('json').send(`{"a":${'['.repeat(18)}1${']'.repeat(18)}}`);
    expectProblem(answer, 422, 'validation_failed');
  });

  it.each([
    ['text/plain', undefined],
    ['application/x-www-form-urlencoded', undefined],
    ['application/json', 'gzip'],
    ['application/json; charset=latin1', undefined],
  ])('%s with encoding %s is 415', async (type, encoding) => {
    const test = api.send('post', '/api/v1/auth/register').set('Content-Type', type);
    if (encoding) test.set('Content-Encoding', encoding);
    expectProblem((await test.send('{"email":"x@example.com"}')), 415, 'unsupported_media_type');
  });
});

describe('addresses', () => {
  it.each([
    ['GET', '/api/v1/repositories/not-a-uuid', 'invalid_parameter'],
    ['GET', '/api/v1/repositories/%00', 'invalid_parameter'],
    ['GET', '/api/v1/repositories/%ff', 'invalid_parameter'],
    ['GET', '/api/v1/organizations?limit=-1', 'invalid_parameter'],
    ['GET', '/api/v1/organizations?limit=0', 'invalid_parameter'],
    ['GET', '/api/v1/organizations?limit=101', 'invalid_parameter'],
    ['GET', '/api/v1/organizations?limit=1e2', 'invalid_parameter'],
    ['GET', '/api/v1/organizations?limit=99999999999999999999', 'invalid_parameter'],
    ['GET', '/api/v1/organizations?limit=1&limit=2', 'invalid_parameter'],
    ['GET', '/api/v1/organizations?order=sideways', 'invalid_parameter'],
    ['GET', '/api/v1/organizations?surprise=1', 'invalid_parameter'],
    ['GET', '/api/v1/organizations?cursor=AAAA', 'invalid_cursor'],
    ['GET', '/api/v1/models?mode=destroy', 'invalid_parameter'],
    ['GET', '/api/v1/models?available=maybe', 'invalid_parameter'],
    ['GET', `/api/v1/organizations?cursor=${'x'.repeat(9_000)}`, 'invalid_parameter'],
  ])('%s %s is 400', async (_method, path, code) => {
    expectProblem((await api.send('get', path, ada)), 400, code);
  });

  it('names the query parameter', async () => {
    const answer = await api.send('get', '/api/v1/organizations?limit=-1', ada);
    expect((answer.body as { errors: object[] }).errors).toEqual([{ pointer: '', parameter: 'limit', code: 'too_small', detail: expect.any(String) as string }]);
  });

  it('knows missing paths from wrong methods', async () => {
    for (const path of ['/api/v1/nothing', '/nothing', '/', '/health/live/more', '/api', '/api/v2/tasks']) expectProblem(await api.send('get', path, ada), 404, 'not_found');
    const wrong = await api.send('delete', '/api/v1/auth/login');
    expectProblem(wrong, 405, 'method_not_allowed');
    expect(wrong.headers['allow']).toBe('POST');
    expect((await api.send('delete', '/api/v1/models', ada)).headers['allow']).toBe('GET, HEAD');
  });

  it('takes no notice of what comes along with a GET', async () => {
    for (const body of ['{"a":', '[]', '\u0000']) expect((await api.send('get', '/api/v1/organizations', ada).type('json').send(body)).status).toBe(200);
    expect((await api.send('get', '/api/v1/organizations', ada).type('text/plain').send('x')).status).toBe(200);
  });

  it('answers what is no HTTP, and headers beyond 16 KB, without the router', async () => {
    const { port } = new URL(api.url);
    const raw = (text: string) =>
      new Promise<string>((resolve, reject) => {
        const socket = connect(Number(port), '127.0.0.1', () => socket.write(text));
        let answer = '';
        socket.on('data', (bytes) => (answer += bytes.toString()));
        socket.on('close', () => resolve(answer));
        socket.on('error', reject);
      });
    expect(await raw('GARBAGE\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 .*application\/problem\+json/s);
    expect(await raw(`GET / HTTP/1.1\r\nHost: x\r\nA: ${'x'.repeat(20_000)}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431 /);
  });
});

describe('every answer', () => {
  it('echoes a good request id and replaces a bad one', async () => {
    expect((await api.send('get', '/health/live').set('X-Request-Id', 'abcDEF_123-')).headers['x-request-id']).toBe('abcDEF_123-');
    expect((await api.send('get', '/health/live').set('X-Request-Id', 'a b')).headers['x-request-id']).toMatch(/^req_/);
  });

  it('carries security headers and no version', async () => {
    const { headers } = await api.send('get', '/health/live');
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-store', 'content-security-policy': expect.stringContaining("default-src 'none'") as string });
    expect(headers['x-powered-by']).toBeUndefined();
    expect(headers['access-control-allow-origin']).toBeUndefined();
  });
});
