import { AppError } from '@app/common';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { GithubTraffic, type Patience } from './github-traffic';

const QUICK: Patience = { waitMs: 1_500, answerMs: 500, retries: 1 };
type Handler = (request: IncomingMessage, response: ServerResponse, count: number) => void;

let server: Server;
let url: string;
let handler: Handler;
let seen: { method: string; at: number; tag: string | undefined }[];

beforeAll(async () => {
  server = createServer((request, response) => {
    seen.push({ method: request.method ?? '', at: Date.now(), tag: request.headers['if-none-match'] });
    request.resume().on('end', () => handler(request, response, seen.length));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/repos/acme/x`;
});
beforeEach(() => {
  seen = [];
});
afterAll(() => {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
});

const answer = (response: ServerResponse, status: number, headers: Record<string, string> = {}, body = '{"a":1}'): void => void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
const limited = (seconds: number) => ({ code: 'github_rate_limited', headers: { 'Retry-After': String(seconds) } });
const waited = async (call: Promise<unknown>): Promise<AppError> => call.then(() => Promise.reject(new Error('it went through')), (error: unknown) => error as AppError);

it('asks again for what changes nothing, and never for a write', async () => {
  handler = (_request, response, count) => answer(response, count % 2 ? 502 : 200);
  const send = new GithubTraffic().fetchFor('a', QUICK);
  expect((await send(url)).status).toBe(200);
  expect(seen).toHaveLength(2);
  expect((await send(url, { method: 'POST', body: '{}' })).status).toBe(502);
  expect(seen).toHaveLength(3);
  seen = [];
  handler = (request) => request.socket.destroy();
  await expect(send(url, { method: 'PUT' })).rejects.toThrow('fetch failed');
  await expect(send(url)).rejects.toThrow('fetch failed');
  expect(seen.map(({ method }) => method)).toEqual(['PUT', 'GET', 'GET']);
});

it('gives up on what hangs, also in the middle of an answer', async () => {
  handler = (_request, response, count) => count > 1 && response.writeHead(200, { 'content-type': 'application/json' }).write('{"half":');
  const send = new GithubTraffic().fetchFor('a', QUICK);
  await expect(send(url)).rejects.toMatchObject({ name: 'TimeoutError' });
  expect(seen).toHaveLength(2);
  const controller = new AbortController();
  setTimeout(() => controller.abort(new Error('enough')), 50);
  await expect(send(url, { signal: controller.signal })).rejects.toThrow('enough');
});

it('asks by tag, and hands out what it knows when that still holds', async () => {
  const traffic = new GithubTraffic();
  handler = (request, response) => (request.headers['if-none-match'] === '"1"' ? response.writeHead(304, { etag: '"1"', 'x-ratelimit-remaining': '9' }).end() : answer(response, 200, { etag: '"1"', link: '<x>; rel="next"' }));
  const read = async (lane: string): Promise<Response> => traffic.fetchFor(lane, QUICK)(url);
  expect(await (await read('a')).json()).toEqual({ a: 1 });
  const again = await read('a');
  expect([again.status, await again.json(), again.headers.get('link'), again.headers.get('x-ratelimit-remaining'), again.url]).toEqual([200, { a: 1 }, '<x>; rel="next"', '9', url]);
  await read('b');
  expect(seen.map(({ tag }) => tag)).toEqual([undefined, '"1"', undefined]);
});

it('waits as long as GitHub says when that is soon, and says so when it is not', async () => {
  const traffic = new GithubTraffic();
  const send = traffic.fetchFor('a', QUICK);
  handler = (_request, response, count) => (count === 1 ? answer(response, 403, { 'retry-after': '1' }) : answer(response, 201));
  expect((await send(url, { method: 'POST' })).status).toBe(201);
  expect(seen[1]!.at - seen[0]!.at).toBeGreaterThanOrEqual(990);
  handler = (_request, response) => answer(response, 429, { 'retry-after': '30' });
  expect(await waited(send(url))).toMatchObject(limited(30));
  const count = seen.length;
  expect((await waited(send(url))).code).toBe('github_rate_limited');
  // Nothing more is sent on behalf of this installation, and other ones are not concerned.
  expect(seen).toHaveLength(count);
  handler = (_request, response) => answer(response, 200);
  expect((await traffic.fetchFor('b', QUICK)(url)).status).toBe(200);
});

it('waits longer each time when GitHub gives no time', async () => {
  const send = new GithubTraffic().fetchFor('a', QUICK);
  handler = (_request, response) => answer(response, 403, {}, '{"message":"You have exceeded a secondary rate limit"}');
  expect(await waited(send(url))).toMatchObject(limited(60));
  handler = (_request, response) => answer(response, 403, {}, '{"message":"Resource not accessible by integration"}');
  expect((await new GithubTraffic().fetchFor('a', QUICK)(url)).status).toBe(403);
});

it('stops when its budget is used up, before GitHub has to refuse', async () => {
  const traffic = new GithubTraffic();
  const send = traffic.fetchFor('a', QUICK);
  const reset = String(Math.floor(Date.now() / 1_000) + 90);
  handler = (_request, response) => answer(response, 200, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset, 'x-ratelimit-resource': 'core' });
  expect((await send(url)).status).toBe(200);
  expect(Number((await waited(send(url))).headers['Retry-After'])).toBeGreaterThan(80);
  handler = (_request, response) => answer(response, 200);
  expect((await send(url.replace('/repos/acme/x', '/graphql'), { method: 'POST' })).status).toBe(200);
});

it('writes one at a time, and no more than a few at once', async () => {
  const send = new GithubTraffic().fetchFor('a', { ...QUICK, waitMs: 3_000 });
  let atOnce = 0;
  let most = 0;
  handler = (_request, response) => {
    most = Math.max(most, ++atOnce);
    setTimeout(() => {
      atOnce -= 1;
      answer(response, 201);
    }, 20);
  };
  const sent = await Promise.all(Array.from({ length: 7 }, () => send(url, { method: 'POST' })));
  expect(sent.every(({ status }) => status === 201)).toBe(true);
  expect(most).toBe(1);
  expect(seen[6]!.at - seen[5]!.at).toBeGreaterThan(700);
  const rest = await Promise.allSettled(Array.from({ length: 6 }, () => send(url, { method: 'POST' })));
  const refused = rest.filter(({ status }) => status === 'rejected') as PromiseRejectedResult[];
  expect(refused.length).toBeGreaterThan(0);
  for (const { reason } of refused) expect(reason).toMatchObject({ code: 'github_rate_limited' });
});
