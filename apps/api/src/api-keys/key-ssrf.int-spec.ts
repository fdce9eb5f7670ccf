import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startRedis, type RunningRedis } from '../../../../test/support/redis';
import { type SignedIn, TestApi } from '../testing/test-api';

let api: TestApi;
let ada: SignedIn;
let server: Server;
let port: number;
let redis: RunningRedis;
let calls = 0;

beforeAll(async () => {
  server = createServer((_, response) => {
    calls += 1;
    response.end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
  redis = await startRedis();
  api = await TestApi.start({ NODE_ENV: 'production', REDIS_URL: redis.url, DISABLED_INTEGRATIONS: 'github,clerk,stripe' });
  ada = await api.signUp();
}, 60_000);
afterAll(async () => {
  await api.close();
  await redis.stop();
  await new Promise((resolve) => server.close(resolve));
});

const SPELLINGS = (at: number): string[] => [
  `http://127.0.0.1:${at}`, `https://127.0.0.1:${at}`, `http://localhost:${at}`, `http://[::1]:${at}`, `http://0.0.0.0:${at}`, `http://0:${at}`, `http://127.1:${at}`, `http://2130706433:${at}`,
  `http://0x7f000001:${at}`, `http://017700000001:${at}`, `http://[::ffff:127.0.0.1]:${at}`, `http://[::ffff:7f00:1]:${at}`, `http://[0:0:0:0:0:ffff:7f00:1]:${at}`, `http://127.0.0.1.nip.io:${at}`,
  'http://169.254.169.254/latest', 'https://169.254.169.254/', 'https://[fd00:ec2::254]/', 'https://10.0.0.1/', 'https://172.16.0.1', 'https://192.168.1.1', 'https://100.64.0.1', 'https://metadata.google.internal/',
  'https://redis', 'https://printer.local', 'ftp://example.com', 'file:///etc/passwd', 'gopher://127.0.0.1:1', 'https://user:pass@example.com', 'https://example.com:22', 'http://example.com', 'https://example.com#x',
  'https:\\\\127.0.0.1', '//127.0.0.1', 'javascript:alert(1)', 'https://１２７.0.0.1', 'https://example.com\t.internal', '', ' ', 'https://',
];

it('refuses addresses of the inside, however they are written, before anything is sent', async () => {
  const through: string[] = [];
  const send = async (path: string, body: object): Promise<string> => {
    const answer = await api.send('post', path, ada).send({ provider: 'custom', keyValue: 'my-own-gateway-key', ...body });
    return `${answer.status} ${(answer.body as { code: string }).code}`;
  };
  for (const [at, baseUrl] of SPELLINGS(port).entries()) {
    const answers = [await send('/api/v1/api-keys', { name: `n ${at}`, baseUrl }), await send('/api/v1/models/test', { baseUrl }), await send('/api/v1/api-keys/test', { baseUrl })];
    if (answers.some((answer) => answer !== '422 unsafe_url')) through.push(`${baseUrl}: ${answers.join()}`);
  }
  expect(through).toEqual([]);
  expect(calls).toBe(0);
});
