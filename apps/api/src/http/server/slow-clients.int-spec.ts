import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { TestApi } from '../../testing/test-api';
import { limitServer } from './http-server';

const SOCKETS = 1_000;

let api: TestApi;
let port: number;
const open: Socket[] = [];
beforeAll(async () => {
  api = await TestApi.start();
  port = Number(new URL(api.url).port);
}, 60_000);
afterAll(async () => {
  for (const socket of open) socket.destroy();
  await api.close();
});

function slow(text: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(text);
      resolve(socket);
    });
    socket.on('error', reject);
    open.push(socket);
  });
}

it.each([
  ['headers', 'GET /api/v1/models HTTP/1.1\r\nHost: x\r\nX-Slow: '],
  ['bodies', 'POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"email":"'],
])('1,000 clients that never finish their %s keep nobody else waiting', async (_name, text) => {
  const sockets = await Promise.all(Array.from({ length: SOCKETS }, () => slow(text)));
  const dribble = setInterval(() => {
    for (const socket of sockets) if (socket.writable) socket.write('a');
  }, 250);
  const times: number[] = [];
  for (let call = 0; call < 20; call += 1) {
    const began = performance.now();
    const answer = await api.send('get', '/api/v1/models');
    times.push(performance.now() - began);
    expect(answer.status).toBe(401);
    await wait(50);
  }
  clearInterval(dribble);
  for (const socket of sockets) socket.destroy();
  expect(Math.max(...times)).toBeLessThan(2_000);
}, 60_000);

it('they are cut off: headers after 15 s, the whole request after 30 s, looked at every 5 s', () => {
  expect(api.app.getHttpServer()).toMatchObject({ headersTimeout: 15_000, requestTimeout: 30_000, connectionsCheckingInterval: 5_000 });
});

it('they learn why', async () => {
  const server = createServer((_request, response) => response.end());
  limitServer(server);
  Object.assign(server, { headersTimeout: 100, connectionsCheckingInterval: 50 });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const heard = await new Promise<string>((resolve, reject) => {
    let text = '';
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\nHost: x\r\nX-Slow: '));
    socket.on('data', (bytes) => (text += bytes.toString()));
    socket.on('error', reject);
    socket.on('close', () => resolve(text));
  });
  server.close();
  expect(heard).toMatch(/^HTTP\/1\.1 408 .*application\/problem\+json.*"code":"request_timeout"/s);
}, 20_000);
