import { runProgram } from '@app/common';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { createServer as createHttp, get, request, type IncomingMessage } from 'node:http';
import { connect, createServer as createTcp, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls, createServer as createTls } from 'node:tls';
import { AllowedHosts } from './allowed-hosts';
import type { EgressNetwork } from './egress-connect';
import { EgressProxy, type EgressPolicy } from './egress-proxy';
import { REGISTRIES } from './registries';

jest.setTimeout(30_000);
const HERE = '127.0.0.1';

let folder: string;
let plain: Server;
let tls: Server;
let silent: Server;
let proxy: EgressProxy | null = null;
const seen: IncomingMessage[] = [];
const port = (server: Server): number => (server.address() as AddressInfo).port;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'egress-'));
  const key = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem'), '-days', '2', '-subj', '/CN=registry.example', '-addext', 'subjectAltName=DNS:registry.example'];
  await runProgram('openssl', { args: key, env: { PATH: '/usr/bin:/bin' }, timeoutMs: 20_000, maxOutputBytes: 10_000 });
  plain = createHttp((req, res) => {
    seen.push(req);
    if (req.url === '/moved') res.writeHead(302, { Location: 'http://169.254.169.254/latest/meta-data' }).end();
    else if (req.url === '/large') res.end(Buffer.alloc(300_000));
    else res.end(`plain ${req.method} ${req.headers.host}`);
  });
  tls = createTls({ key: await readFile(join(folder, 'key.pem')), cert: await readFile(join(folder, 'cert.pem')) }, (socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (chunk: Buffer) => socket.end(`tls ${chunk.toString()}`));
  });
  silent = createTcp((socket) => socket.on('error', () => undefined).on('data', () => socket.end('spoken to')));
  for (const server of [plain, tls, silent]) await new Promise<void>((resolve) => server.listen(0, HERE, resolve));
});
afterEach(async () => {
  await proxy?.close();
  proxy = null;
  seen.length = 0;
});
afterAll(async () => {
  for (const server of [plain, tls, silent]) server.close();
  await rm(folder, { recursive: true, force: true });
});

/** A proxy for `registry.example`, which lies on this machine, as does what else `here` names. */
async function open(more: Partial<EgressPolicy> & { hosts?: AllowedHosts; answers?: Record<string, readonly string[]> } = {}): Promise<EgressProxy> {
  const ports = [plain, tls, silent].map(port);
  const network: EgressNetwork = { resolve: (host) => Promise.resolve(more.answers?.[host] ?? [HERE]), onThisMachine: ports.map((n) => `registry.example:${n}`) };
  const hosts = new AllowedHosts([...ports.map((n) => `registry.example:${n}`), ...ports.map((n) => `other.example:${n}`), 'public.example']);
  proxy = await EgressProxy.open(folder, null, { hosts, network, maxBytes: 10_000_000, maxConnections: 10, ...more });
  return proxy;
}

function ask(target: string, options: { method?: string; headers?: Record<string, string> } = {}): Promise<{ status: number; text: string; headers: IncomingMessage['headers'] }> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath: proxy?.socket ?? '', path: target, agent: false, ...options }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', reject).on('end', () => resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString(), headers: answer.headers }));
    });
    outgoing.on('error', reject).end();
  });
}

function tunnel(authority: string): Promise<{ status: number; socket: Socket }> {
  return new Promise((resolve, reject) => {
    request({ socketPath: proxy?.socket ?? '', method: 'CONNECT', path: authority, agent: false })
      .on('connect', (answer, socket: Socket) => {
        socket.on('error', () => undefined);
        resolve({ status: answer.statusCode ?? 0, socket });
      })
      .on('error', reject)
      .end();
  });
}

async function overTls(authority: string, servername: string, say: string): Promise<string> {
  const { status, socket } = await tunnel(authority);
  if (status !== 200) throw new Error(`CONNECT answered ${status}`);
  return new Promise((resolve, reject) => {
    const secure = connectTls({ socket, servername, rejectUnauthorized: false }, () => secure.write(say));
    let text = '';
    secure.on('data', (chunk: Buffer) => (text += chunk.toString())).on('end', () => resolve(text)).on('error', reject).on('close', () => reject(new Error('closed')));
  });
}

it('is a socket that only its owner may use', async () => {
  const { mode } = await stat((await open()).socket);
  expect(mode & 0o777).toBe(0o600);
});

it('carries TLS for the very host that was asked for, and counts it', async () => {
  const { log } = await open();
  await expect(overTls(`REGISTRY.example.:${port(tls)}`, 'registry.example', 'x'.repeat(5_000))).resolves.toMatch(/^tls x+$/);
  await proxy?.close();
  expect(log.records).toEqual([{ host: 'registry.example', port: port(tls), verdict: 'allowed', reason: null, bytesOut: expect.any(Number) as number, bytesIn: expect.any(Number) as number }]);
  expect(log.records[0]?.bytesOut).toBeGreaterThan(5_000);
});

it.each([
  ['another name in TLS', 'elsewhere.example', 'was asked for, but TLS names elsewhere.example'],
  ['no name in TLS', '', 'was asked for, but TLS names no host'],
])('refuses %s', async (_name, servername, reason) => {
  const { log } = await open();
  await expect(overTls(`registry.example:${port(tls)}`, servername, 'x').catch(() => '')).resolves.toBe('');
  await proxy?.close();
  expect(log.records).toMatchObject([{ verdict: 'refused', reason, bytesOut: 0, bytesIn: 0 }]);
});

it('refuses what is no TLS in a tunnel', async () => {
  const { log } = await open();
  const { socket } = await tunnel(`registry.example:${port(silent)}`);
  socket.write('GET / HTTP/1.1\r\n\r\n');
  const answered = await new Promise<string>((resolve) => {
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString())).on('close', () => resolve(text));
  });
  await proxy?.close();
  expect([answered, log.records[0]?.reason]).toEqual(['', 'is only reached by TLS through CONNECT']);
});

it('reads over plain HTTP, by the name of the address', async () => {
  const { log } = await open();
  const answer = await ask(`http://registry.example:${port(plain)}/pkg?x=1`, { headers: { Host: 'elsewhere.example', 'Proxy-Authorization': 'Basic eA==', Connection: 'X-Hop', Accept: 'text/x' } });
  expect(answer).toMatchObject({ status: 200, text: `plain GET registry.example:${port(plain)}` });
  expect(seen[0]?.headers).toEqual({ host: `registry.example:${port(plain)}`, accept: 'text/x', connection: 'close' });
  expect(log.lines()).toEqual([`registry.example:${port(plain)} allowed, 0 bytes sent, ${answer.text.length} received`]);
});

it('follows no redirect itself', async () => {
  await open();
  await expect(ask(`http://registry.example:${port(plain)}/moved`)).resolves.toMatchObject({ status: 302, headers: { location: 'http://169.254.169.254/latest/meta-data' } });
  await expect(ask('http://169.254.169.254/latest/meta-data')).resolves.toMatchObject({ status: 403 });
  expect(seen).toHaveLength(1);
});

it.each([
  ['a write', 'POST', () => `http://registry.example:${port(plain)}/`, 'takes reads only without TLS'],
  ['a host that is not listed', 'GET', () => 'http://evil.example/', 'is not on the list'],
  ['a port that is not listed', 'GET', () => 'http://public.example:22/', 'is not on the list'],
  ['an address', 'GET', () => `http://${HERE}:${port(plain)}/`, 'is not on the list'],
  ['a number that is an address', 'GET', () => `http://2130706433:${port(plain)}/`, 'is not on the list'],
  ['an IPv6 address', 'GET', () => `http://[::1]:${port(plain)}/`, 'is no host name'],
  ['localhost', 'GET', () => `http://localhost:${port(plain)}/`, 'is not on the list'],
])('refuses %s', async (_name, method, target, why) => {
  const { log } = await open();
  const answer = await ask(target(), { method });
  expect([answer.status, answer.text]).toEqual([403, expect.stringContaining(why)]);
  expect(answer.text).toContain('allowedHosts');
  expect(log.records).toMatchObject([{ verdict: 'refused' }]);
  expect(seen).toEqual([]);
});

it.each([['origin form', '/etc/passwd'], ['another scheme', 'ftp://registry.example/'], ['a password', 'http://a:b@registry.example/'], ['https without CONNECT', 'https://registry.example/']])('answers %s with what it is', async (_name, target) => {
  await open();
  await expect(ask(target)).resolves.toMatchObject({ status: 400 });
});

it.each([
  ['private', ['10.1.2.3']],
  ['loopback', ['127.0.0.1']],
  ['the metadata service', ['169.254.169.254']],
  ['one of several', ['93.184.216.34', '192.168.0.1']],
  ['mapped', ['::ffff:127.0.0.1']],
  ['translated', ['64:ff9b::7f00:1']],
])('refuses a listed name that leads to a private address: %s', async (_name, addresses) => {
  const { log } = await open({ answers: { 'public.example': addresses } });
  await expect(ask('http://public.example/')).resolves.toMatchObject({ status: 403, text: expect.stringContaining('leads to a private address') as string });
  await expect(tunnel('public.example:443')).resolves.toMatchObject({ status: 403 });
  expect(log.records.map(({ verdict }) => verdict)).toEqual(['refused', 'refused']);
});

it('does not let one name on this machine open another, and checks anew at each connection', async () => {
  let answers: string[] = ['93.184.216.34'];
  const network: EgressNetwork = { resolve: () => Promise.resolve(answers), onThisMachine: [] };
  await open({ network });
  await expect(ask(`http://other.example:${port(plain)}/`).then(({ status }) => status)).resolves.toBe(502);
  answers = [HERE];
  await expect(ask(`http://other.example:${port(plain)}/`)).resolves.toMatchObject({ status: 403 });
  expect(seen).toEqual([]);
}, 40_000);

it('names a host that does not exist', async () => {
  const { log } = await open({ answers: { 'public.example': [] } });
  await expect(ask('http://public.example/')).resolves.toMatchObject({ status: 502 });
  expect(log.records).toMatchObject([{ verdict: 'failed', reason: 'the host does not exist' }]);
});

it('stops when the budget is spent', async () => {
  const { log } = await open({ maxBytes: 200_000 });
  await expect(ask(`http://registry.example:${port(plain)}/large`)).rejects.toThrow();
  await expect(ask(`http://registry.example:${port(plain)}/`)).resolves.toMatchObject({ status: 403, text: expect.stringContaining('budget') as string });
  expect(log.records.map(({ verdict }) => verdict)).toEqual(['refused', 'refused']);
});

it('holds so many connections', async () => {
  await open({ maxConnections: 3 });
  const held = await Promise.all(Array.from({ length: 3 }, () => tunnel(`registry.example:${port(tls)}`)));
  expect(held.map(({ status }) => status)).toEqual([200, 200, 200]);
  await expect(tunnel(`registry.example:${port(tls)}`)).rejects.toThrow();
  for (const { socket } of held) socket.destroy();
});

it('keeps a log of limited size', async () => {
  const { log } = await open();
  for (let i = 0; i < 510; i++) await ask('http://evil.example/');
  expect([log.records.length, log.lines().at(-1)]).toEqual([500, '… and 10 more requests']);
  expect([...log.refused]).toEqual([['evil.example:80', 'is not on the list of allowed hosts']]);
});

it('survives nonsense', async () => {
  await open();
  for (const nonsense of ['\0\0\0\0', 'CONNECT\r\n\r\n', 'GET http://[ HTTP/1.1\r\nHost: x\r\n\r\n', `GET http://registry.example/ HTTP/1.1\r\n${'A: b\r\n'.repeat(5_000)}\r\n`, 'CONNECT registry.example:99999999 HTTP/1.1\r\n\r\n']) {
    await new Promise<void>((resolve) => {
      const socket = connect({ path: proxy?.socket ?? '' }, () => socket.end(nonsense));
      socket.resume().on('error', () => undefined).on('close', () => resolve());
    });
  }
  await expect(ask(`http://registry.example:${port(plain)}/`)).resolves.toMatchObject({ status: 200 });
  get({ socketPath: proxy?.socket ?? '', path: 'http://registry.example/' }).on('error', () => undefined).destroy();
});

it('has every registry on the list as an exact name', () => {
  const hosts = new AllowedHosts(REGISTRIES);
  for (const name of REGISTRIES) expect([name, hosts.allows(name, 443), hosts.allows(`x.${name}`, 443), hosts.allows(name, 22)]).toEqual([name, true, false, false]);
  expect(new AllowedHosts(['*.example.com', '10.0.0.1', '*']).allows('10.0.0.1', 443)).toBe(false);
  expect(new AllowedHosts(['*.example.com']).allows('example.com', 443)).toBe(false);
  expect(new AllowedHosts(['*.example.com']).allows('a.b.example.com', 80)).toBe(true);
});
