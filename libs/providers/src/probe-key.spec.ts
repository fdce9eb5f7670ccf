import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AppError, Secret, UNSAFE_URL } from '@app/common';
import { probeKey, type ListingConnection } from './probe-key';

const KEY = 'key-of-nobody-0123456789';

describe('probeKey', () => {
  let server: Server;
  let asked: IncomingMessage[];
  let answer: { status: number; body: string; delayMs?: number };
  beforeAll(async () => {
    server = createServer((request, response) => {
      asked.push(request);
      response.writeHead(answer.status, { location: 'http://127.0.0.1:9/' });
      setTimeout(() => response.end(answer.body), answer.delayMs ?? 0);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  beforeEach(() => {
    asked = [];
    answer = { status: 200, body: '{"data":[]}' };
  });
  afterAll(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });

  const connection = (values: Partial<ListingConnection> = {}): ListingConnection => ({
    name: 'vendor', baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/`, path: '/models', auth: { type: 'bearer', name: null }, key: new Secret(KEY), ...values,
  });

  it('lists models, with the key where the vendor wants it', async () => {
    expect(await probeKey(connection())).toMatchObject({ ok: true, model: null, usage: null, error: null });
    await probeKey(connection({ auth: { type: 'header', name: 'x-goog-api-key' } }));
    await probeKey(connection({ auth: { type: 'query', name: 'key' } }));
    expect(asked.map(({ url }) => url)).toEqual(['/v1/models', '/v1/models', `/v1/models?key=${KEY}`]);
    expect(asked.map(({ headers }) => [headers.authorization, headers['x-goog-api-key']])).toEqual([[`Bearer ${KEY}`, undefined], [undefined, KEY], [undefined, undefined]]);
  });

  it.each([
    [401, '{"error":{"message":"no"}}', 'auth', 'no'],
    [400, `{"error":{"message":"API key not valid: ${KEY}"}}`, 'auth', 'API key not valid: [secret]'],
    [403, '', 'auth', 'HTTP 403'],
    [302, '', 'bad_request', 'HTTP 302'],
    [429, '{"error":"slow"}', 'rate_limit', 'slow'],
    [503, '<html>', 'overloaded', 'HTTP 503'],
    [200, '<html>', 'bad_request', 'the address answers, but not with a list of models'],
    [200, '7', 'bad_request', 'the address answers, but not with a list of models'],
    [200, 'null', 'bad_request', 'the address answers, but not with a list of models'],
  ])('understands %i %s', async (status, body, kind, message) => {
    answer = { status, body };
    expect(await probeKey(connection())).toMatchObject({ ok: false, error: { kind, message } });
    expect(asked).toHaveLength(1);
  });

  it('has a deadline, and never names the key when the connection fails', async () => {
    answer = { status: 200, body: '{}', delayMs: 5_000 };
    expect(await probeKey(connection(), 50)).toMatchObject({ ok: false, error: { kind: 'timeout', message: 'no answer within 0.05 s' } });
    const lost = await probeKey(connection({ baseUrl: 'http://127.0.0.1:9', auth: { type: 'query', name: 'key' } }));
    expect(lost.error).toMatchObject({ kind: 'network' });
    expect(JSON.stringify(lost)).not.toContain(KEY);
  });

  it('hands on that an address was refused', async () => {
    const fetch = () => Promise.reject(new AppError(UNSAFE_URL, 'The address points inside.'));
    await expect(probeKey(connection({ fetch }))).rejects.toMatchObject({ code: 'unsafe_url' });
  });
});
