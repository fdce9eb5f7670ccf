import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import { gzipSync } from 'node:zlib';
import { AppError } from '../errors/app-error';
import { createSafeFetch, type SafeFetchLimits } from './safe-fetch';

const LIMITS: SafeFetchLimits = { allowLoopback: false, timeoutMs: 2_000, maxBytes: 10_000 };

let connections = 0;
let sink: TcpServer;
let web: Server;
let port: number;
let webUrl: string;

beforeAll(async () => {
  sink = createTcpServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => sink.listen(0, resolve));
  ({ port } = sink.address() as AddressInfo);
  web = createServer((request, response) => {
    if (request.url === '/redirect') response.writeHead(302, { location: `http://127.0.0.1:${port}/` }).end();
    else if (request.url === '/bomb') response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(5_000_000)));
    else if (request.url === '/slow') response.writeHead(200).write('a');
    else if (request.url === '/echo') request.pipe(response.writeHead(201, { 'x-method': request.method ?? '', 'x-name': String(request.headers['x-name']) }));
    else response.end('hello');
  });
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
  webUrl = `http://127.0.0.1:${(web.address() as AddressInfo).port}`;
});

afterAll(async () => {
  web.closeAllConnections();
  await Promise.all([sink, web].map((server) => new Promise((resolve) => server.close(resolve))));
});

async function refusalOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => null,
    (error: unknown) => (error instanceof AppError ? error.code : String(error)),
  );
}

describe('addresses of a private network', () => {
  const HOSTS = [
    '127.0.0.1', '127.1', '127.0.1', '2130706433', '0x7f000001', '0x7f.1', '0177.0.0.1', '017700000001', '127.0.0.1.', '127.255.255.254', '0', '0.0.0.0', '0x0', '00000000',
    '10.0.0.1', '10.1', '0xa.1', '172.16.0.1', '172.31.255.255', '192.168.0.1', '192.168.257', '169.254.169.254', '2852039166', '0xA9FEA9FE', '0251.0376.0251.0376', '169.254.43518',
    '100.64.0.1', '100.127.255.255', '192.0.0.1', '198.18.0.1', '203.0.113.7', '224.0.0.1', '255.255.255.255', '240.0.0.1',
    '[::1]', '[::]', '[0:0:0:0:0:0:0:1]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[::ffff:169.254.169.254]', '[::127.0.0.1]', '[::7f00:1]', '[64:ff9b::7f00:1]', '[64:ff9b:1::7f00:1]', '[2002:7f00:1::]',
    '[fe80::1]', '[fc00::1]', '[fd12:3456::1]', '[fec0::1]', '[ff02::1]', '[2001:db8::1]', '[100::1]', '[2001::1]',
    'localhost', 'LOCALHOST', 'localhost.', 'a.localhost', 'metadata.google.internal', 'redis', 'db.local', 'ⓛocalhost', '①②⑦.⓪.⓪.①', '127。0。0。1',
  ];

  it.each(HOSTS)('%s is refused, and nothing is connected to', async (host) => {
    const before = connections;
    for (const scheme of ['http', 'https']) expect(await refusalOf(createSafeFetch(LIMITS)(`${scheme}://${host}:${port}/`))).toBe('unsafe_url');
    expect(connections).toBe(before);
  });

  it.each(['ftp://example.com/', 'file:///etc/passwd', 'gopher://example.com/', 'https://user:pass@example.com/', 'https://example.com:22/', 'https://example.com/#part', 'http://example.com/', '//example.com', 'https:\\\\example.com', 'https://exa mple.com', 'javascript:1', ''])(
    '%p is no address that we call',
    async (url) => {
      expect(await refusalOf(createSafeFetch(LIMITS)(url))).toBe('unsafe_url');
    },
  );
});

describe('names', () => {
  it.each([[['127.0.0.1']], [['::1']], [['93.184.215.14', '127.0.0.1']], [['169.254.169.254']], [['::ffff:127.0.0.1']], [[]]])('that resolve to %p are refused', async (addresses) => {
    const before = connections;
    expect(await refusalOf(createSafeFetch({ ...LIMITS, resolve: () => Promise.resolve(addresses) })(`https://rebind.example.com:${port}/`))).toBe('unsafe_url');
    expect(connections).toBe(before);
  });

  it('that answer differently the second time gain nothing: they are asked once, and the address that was checked is the one connected to', async () => {
    const answers = [['127.0.0.1'], ['10.0.0.1']];
    let asked = 0;
    const safeFetch = createSafeFetch({ ...LIMITS, allowLoopback: true, resolve: () => Promise.resolve(answers[asked++] ?? []) });
    const before = connections;
    // The sink speaks no TLS: the connection is made, then fails.
    expect(await refusalOf(safeFetch(`https://rebind.example.com:${port}/`))).toContain('fetch failed');
    expect([asked, connections]).toEqual([1, before + 1]);
    expect(await refusalOf(safeFetch(`https://rebind.example.com:${port}/`))).toBe('unsafe_url');
    expect([asked, connections]).toEqual([2, before + 1]);
  });
});

describe('where this machine is allowed', () => {
  const limits = (): SafeFetchLimits => ({ ...LIMITS, allowLoopback: true });

  it('sends and receives like fetch', async () => {
    const answer = await createSafeFetch(limits())(`${webUrl}/echo`, { method: 'POST', body: 'text', headers: new Headers({ 'x-name': 'value' }) });
    expect([answer.status, answer.headers.get('x-method'), answer.headers.get('x-name'), await answer.text(), answer.url]).toEqual([201, 'POST', 'value', 'text', `${webUrl}/echo`]);
  });

  it('does not follow a redirect', async () => {
    const before = connections;
    const answer = await createSafeFetch(limits())(`${webUrl}/redirect`);
    expect([answer.status, answer.headers.get('location'), connections]).toEqual([302, `http://127.0.0.1:${port}/`, before]);
  });

  it('still refuses the rest of the network', async () => {
    expect(await refusalOf(createSafeFetch(limits())('https://10.0.0.1/'))).toBe('unsafe_url');
    expect(await refusalOf(createSafeFetch({ ...limits(), resolve: () => Promise.resolve(['10.0.0.1']) })('https://example.com/'))).toBe('unsafe_url');
  });

  it('breaks off an answer that unpacks to more than the limit', async () => {
    const answer = await createSafeFetch(limits())(`${webUrl}/bomb`);
    await expect(answer.text()).rejects.toThrow('longer than 10000 bytes');
  });

  it('ends an answer that never ends', async () => {
    const answer = await createSafeFetch({ ...limits(), timeoutMs: 300 })(`${webUrl}/slow`);
    await expect(answer.text()).rejects.toThrow();
  });

  it("obeys the caller's own signal", async () => {
    const stop = new AbortController();
    const answer = await createSafeFetch(limits())(`${webUrl}/slow`, { signal: stop.signal });
    stop.abort();
    await expect(answer.text()).rejects.toThrow();
  });
});
