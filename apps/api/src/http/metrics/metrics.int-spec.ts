import { connect } from 'node:net';
import { METRICS, metricsRegistry } from '@app/telemetry';
import { type SignedIn, TestApi } from '../../testing/test-api';

const TOKEN = 'a-token-for-metrics';

let api: TestApi;
let person: SignedIn;
beforeAll(async () => {
  api = await TestApi.start({ METRICS_TOKEN: TOKEN, RATE_LIMIT_TESTS: '1/60' });
  person = await api.signUp();
}, 60_000);
afterAll(() => api.close());

const scrape = () => api.send('get', '/metrics').set('Authorization', `Bearer ${TOKEN}`);
const seriesOf = (text: string, name: string): string[] => text.split('\n').filter((line) => line.startsWith(name));

describe('GET /metrics', () => {
  it('is for who holds the token, and nobody else', async () => {
    const answers = await Promise.all([api.send('get', '/metrics'), api.send('get', '/metrics', person), api.send('get', '/metrics').set('Authorization', 'Bearer wrong')]);
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401]);
    expect(answers.map(({ text }) => text.includes('async_coder_'))).toEqual([false, false, false]);
    const good = await scrape();
    expect([good.status, good.headers['content-type']]).toEqual([200, metricsRegistry.contentType]);
    expect(good.headers['cache-control']).toBe('no-store');
  });

  it('shows every metric that is defined, and Node\'s own', async () => {
    const { text } = await scrape();
    const shown = new Set(text.split('\n').filter((line) => line.startsWith('# TYPE ')).map((line) => line.split(' ')[2]));
    expect(Object.values(METRICS).filter(({ name }) => !shown.has(name))).toEqual([]);
    expect(shown).toContain('process_resident_memory_bytes');
  });

  it('knows routes by their template and outcome', async () => {
    await api.send('get', '/api/v1/tasks/0198c5b2-7a54-7cc1-b6d3-000000000001', person);
    await api.send('get', '/api/v1/tasks/0198c5b2-7a54-7cc1-b6d3-000000000002');
    const { text } = await scrape();
    const counts = seriesOf(text, 'async_coder_http_request_duration_seconds_count').join('\n');
    expect(counts).toContain('{method="GET",route="/api/v1/tasks/:id",status="4xx"} 2');
    expect(counts).toContain('route="/api/v1/auth/register",status="2xx"');
    expect(text).not.toContain('0198c5b2');
  });

  it('makes no new series of 1,000 paths that are no routes', async () => {
    const get = `GET /api/v1/scan HTTP/1.1\r\nHost: x\r\n\r\n`;
    await pipelined(new URL(api.url).port, [get]);
    const before = (await scrape()).text.split('\n').length;
    await pipelined(new URL(api.url).port, Array.from({ length: 1_000 }, (_, n) => get.replace('scan', `scan-${n}/${n % 7 === 0 ? 'tasks' : 'x'}?q=${n}`)));
    const { text } = await scrape();
    expect(text.split('\n').length).toBe(before);
    expect(/route="unmatched",status="4xx"\} (\d+)/.exec(seriesOf(text, 'async_coder_http_request_duration_seconds_count').join('\n'))?.[1]).toBe('1001');
  }, 60_000);

  it('counts what waits out of the rows, at most once in five seconds', async () => {
    const { text } = await scrape();
    expect(text).toContain('async_coder_queue_read_success 1');
    expect(text).toMatch(/async_coder_queue_depth\{queue="attempt",state="due"\} 0/);
    expect(text).toMatch(/async_coder_db_pool_connections\{state="open"\} \d+/);
  });
});

it('is not there without a token in the settings', async () => {
  const closed = await TestApi.start({ METRICS_PORT: '0' });
  try {
    expect((await closed.send('get', '/metrics')).status).toBe(404);
    expect((await closed.send('get', '/metrics').set('Authorization', `Bearer ${TOKEN}`)).status).toBe(404);
  } finally {
    await closed.close();
  }
}, 60_000);

/** One connection, many requests: a client for each would measure the client. */
function pipelined(port: string, requests: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), '127.0.0.1');
    let answers = 0;
    let rest = '';
    socket.on('error', reject);
    socket.on('data', (chunk: Buffer) => {
      // A status line may be cut in two.
      const parts = (rest + chunk.toString('latin1')).split('HTTP/1.1 4');
      answers += parts.length - 1;
      rest = (parts.at(-1) ?? '').slice(-9);
      if (answers < requests.length) return;
      socket.destroy();
      resolve();
    });
    socket.write(requests.join(''));
  });
}
