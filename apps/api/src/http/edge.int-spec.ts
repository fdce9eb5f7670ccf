import { connect } from 'node:net';
import { TestApi } from '../testing/test-api';

const ORIGIN = 'https://app.example.com';

let api: TestApi;
beforeAll(async () => {
  api = await TestApi.start({ CORS_ORIGINS: `${ORIGIN},https://other.example.com` });
}, 60_000);
afterAll(() => api.close());

/** Bytes as they are, for what no HTTP client sends. */
function raw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(api.url).port), '127.0.0.1', () => socket.write(text.replaceAll('\n', '\r\n')));
    let answer = '';
    socket.setTimeout(10_000, () => socket.destroy(new Error(`no answer to ${text}`)));
    socket.on('data', (bytes) => (answer += bytes.toString()));
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
}

const SAYS_NOTHING = /\/work|node_modules|\bat \w+ \(|\.ts:|\.js:|SELECT |INSERT |QueryFailed|TypeORM|postgres|express|nestjs|node\/|x-powered-by/i;

describe('browsers', () => {
  it('may call from the origins that are listed', async () => {
    const { headers } = await api.send('get', '/api/v1/models').set('Origin', ORIGIN);
    expect(headers).toMatchObject({ 'access-control-allow-origin': ORIGIN, 'access-control-allow-credentials': 'true' });
    expect(headers['vary']).toContain('Origin');
    expect(headers['access-control-expose-headers']?.split(',')).toEqual(expect.arrayContaining(['ETag', 'Link', 'Location', 'Retry-After', 'X-Request-Id', 'RateLimit', 'RateLimit-Policy', 'Idempotency-Replayed']));
  });

  it.each(['https://evil.example.com', `${ORIGIN}.evil.example.com`, 'null', 'http://app.example.com', `${ORIGIN}:8443`])('not from %s', async (origin) => {
    const answers = [await api.send('get', '/api/v1/models').set('Origin', origin), await api.send('post', '/api/v1/auth/login').set('Origin', origin).send({})];
    for (const { headers } of answers) expect(headers['access-control-allow-origin']).toBeUndefined();
  });

  it('ask first, and are answered without a token', async () => {
    const answer = await raw(`OPTIONS /api/v1/tasks HTTP/1.1\nHost: x\nOrigin: ${ORIGIN}\nAccess-Control-Request-Method: POST\nAccess-Control-Request-Headers: authorization,idempotency-key\nConnection: close\n\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 204 /);
    expect(answer.toLowerCase()).toContain(`access-control-allow-origin: ${ORIGIN}`);
    expect(answer.toLowerCase()).toContain('access-control-allow-headers: authorization,idempotency-key');
    expect(answer.toLowerCase()).toContain('access-control-max-age: 600');
  });
});

describe('methods', () => {
  it.each(['PUT', 'DELETE', 'PATCH', 'TRACE', 'PROPFIND', 'LOCK', 'QUERY'])('%s where it is not served is 405 with Allow', async (method) => {
    const answer = await raw(`${method} /api/v1/auth/login HTTP/1.1\nHost: x\nContent-Length: 0\nConnection: close\n\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 405 /);
    expect(answer).toMatch(/^Allow: POST\r$/m);
    expect(answer).toContain('"code":"method_not_allowed"');
    expect(answer).not.toMatch(SAYS_NOTHING);
  });

  it('HEAD is a GET without its body', async () => {
    const answer = await raw('HEAD /health/live HTTP/1.1\nHost: x\nConnection: close\n\n');
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer.endsWith('\r\n\r\n')).toBe(true);
  });
});

describe('what is not quite HTTP', () => {
  it.each([
    ['no method', 'nonsense\n\n', 400],
    ['an unknown method', 'BREW /api/v1/models HTTP/1.1\nHost: x\n\n', 400],
    ['two lengths', 'POST /api/v1/auth/login HTTP/1.1\nHost: x\nContent-Length: 1\nContent-Length: 2\n\n{}', 400],
    ['length and chunks', 'POST /api/v1/auth/login HTTP/1.1\nHost: x\nContent-Length: 2\nTransfer-Encoding: chunked\n\n{}', 400],
    ['a header with NUL', 'GET /api/v1/models HTTP/1.1\nHost: x\nX-A: a\0b\n\n', 400],
    ['no host', 'GET /api/v1/models HTTP/1.1\n\n', 400],
    ['headers beyond 16 KB', `GET /api/v1/models HTTP/1.1\nHost: x\nX-A: ${'x'.repeat(17_000)}\n\n`, 431],
    ['an address beyond 16 KB', `GET /api/v1/models?q=${'x'.repeat(17_000)} HTTP/1.1\nHost: x\n\n`, 431],
    ['an address beyond 8 KB', `GET /api/v1/models?q=${'x'.repeat(9_000)} HTTP/1.1\nHost: x\nConnection: close\n\n`, 400],
    ['a cut chunk', 'POST /api/v1/auth/login HTTP/1.1\nHost: x\nContent-Type: application/json\nTransfer-Encoding: chunked\n\nzz\n', 400],
    ['a whole address', 'GET http://elsewhere.example/api/v1/nothing HTTP/1.1\nHost: x\nConnection: close\n\n', 404],
  ])('%s', async (_name, text, status) => {
    const answer = await raw(text);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer).not.toMatch(SAYS_NOTHING);
    if (answer.includes('{')) expect(answer.toLowerCase()).toContain('content-type: application/problem+json');
  });

  it.each([
    ['gzip', 'Content-Encoding: gzip', 415],
    ['br', 'Content-Encoding: br', 415],
    ['an unknown encoding', 'Content-Encoding: rot13', 415],
    ['identity', 'Content-Encoding: identity', 422],
    ['UTF-16', 'Content-Type: application/json; charset=utf-16', 415],
    ['UTF-8 in capitals', 'Content-Type: application/json; charset=UTF-8', 422],
    ['a charset that is none', 'Content-Type: application/json; charset=klingon', 415],
    ['a form', 'Content-Type: multipart/form-data; boundary=x', 415],
    ['no type', 'Content-Type:', 415],
  ])('a body as %s', async (_name, header, status) => {
    const type = header.startsWith('Content-Type') ? '' : 'Content-Type: application/json\n';
    const answer = await raw(`POST /api/v1/auth/login HTTP/1.1\nHost: x\n${type}${header}\nContent-Length: 2\nConnection: close\n\n{}`);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer).toContain('application/problem+json');
  });
});
