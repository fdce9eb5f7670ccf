import { createHmac, randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { createRequire } from 'node:module';
import { TestApi } from '../../testing/test-api';

const SECRET = 'the secret of now';
const OLD_SECRET = 'the secret before it';
const MB = 1024 * 1024;

interface Sent {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

let api: TestApi;
beforeAll(async () => {
  api = await TestApi.start({ GITHUB_WEBHOOK_SECRET: `${SECRET}, ${OLD_SECRET}` });
}, 60_000);
afterAll(() => api.close());

const sign = (body: Buffer, secret = SECRET): string => `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
let made = 0;
function delivery(payload: unknown = { action: 'opened', number: (made += 1), repository: { id: 7 }, installation: { id: 9 } }, { event = 'pull_request', guid = randomUUID(), secret = SECRET } = {}): Sent {
  const body = Buffer.isBuffer(payload) ? payload : Buffer.from(JSON.stringify(payload));
  return { headers: { connection: 'close', 'content-type': 'application/json', 'user-agent': 'GitHub-Hookshot/0a1b2c3', 'x-github-event': event, 'x-github-delivery': guid, 'x-hub-signature-256': sign(body, secret) }, body };
}
async function send({ headers, body }: Sent): Promise<{ status: number; code: string | null }> {
  const answer = await fetch(`${api.url}/api/v1/webhooks/github`, { method: 'POST', headers, body: new Uint8Array(body) });
  const text = await answer.text();
  return { status: answer.status, code: text === '' ? null : (JSON.parse(text) as { code: string }).code };
}
const guidOf = ({ headers }: Sent): string => headers['x-github-delivery']!;
const rows = (sent: Sent) => api.database.dataSource.query<Record<string, unknown>[]>('SELECT * FROM webhook_deliveries WHERE delivery_id = $1', [guidOf(sent)]);
const stored = async (): Promise<number> => (await api.database.dataSource.query<{ count: number }[]>('SELECT count(*)::int AS count FROM webhook_deliveries'))[0]!.count;

describe('a delivery that is taken', () => {
  it('is stored as it came, with what it is about', async () => {
    const sent = delivery({ action: 'opened', repository: { id: 12 }, installation: { id: 34 } });
    expect(await send(sent)).toEqual({ status: 202, code: null });
    expect(await rows(sent)).toMatchObject([{ source: 'github', event_type: 'pull_request', action: 'opened', installation_id: '34', subject_id: '12', status: 'received', raw_body: sent.body }]);
  });

  it('is stored once, however often it comes at once', async () => {
    const sent = delivery();
    const answers = await Promise.all(Array.from({ length: 20 }, () => send(sent)));
    expect(answers.map(({ status }) => status).sort()).toEqual([...Array.from({ length: 19 }, () => 200), 202]);
    expect(await rows(sent)).toHaveLength(1);
  });

  it('and sent again by whoever caught it, under another id, is kept and not worked on', async () => {
    const sent = delivery();
    await send(sent);
    const replayed = { ...sent, headers: { ...sent.headers, 'x-github-delivery': randomUUID() } };
    expect(await send(replayed)).toEqual({ status: 200, code: null });
    expect(await rows(replayed)).toMatchObject([{ status: 'ignored' }]);
  });

  it('is worked on again when its work had failed', async () => {
    const sent = delivery();
    await send(sent);
    await api.database.dataSource.query(`UPDATE webhook_deliveries SET status = 'dead', attempts = 8 WHERE delivery_id = $1`, [guidOf(sent)]);
    expect((await send(sent)).status).toBe(202);
    expect(await rows(sent)).toMatchObject([{ status: 'received', attempts: 0 }]);
  });

  it.each<[string, () => Sent]>([
    ['signed with the secret before', () => delivery(undefined, { secret: OLD_SECRET })],
    ['of an event nobody knows', () => delivery({ n: 1 }, { event: 'something_new' })],
    ['without anything in it', () => delivery({})],
    ['with text from everywhere', () => delivery({ action: 'a b', zen: 'Zoë 🚀 \u2028 名前 \\u0000', repository: { id: 'x' } })],
    ['with a NUL and half a surrogate', () => delivery(Buffer.from('{"action":"\\u0000","x":"\\ud800"}'))],
    ['with ids beyond a double', () => delivery(Buffer.from('{"repository":{"id":9007199254740993},"installation":{"id":9223372036854775808}}'))],
    ['sent as a form', () => delivery(Buffer.from(`payload=${encodeURIComponent('{"zen":"form"}')}`))],
    ['of 24 MB', () => delivery({ padding: 'x'.repeat(24 * MB) })],
  ])('is one %s', async (_, make) => {
    const sent = make();
    expect(await send(sent)).toEqual({ status: 202, code: null });
    const [row] = await rows(sent);
    expect([row?.['status'], sent.body.equals(row?.['raw_body'] as Buffer)]).toEqual(['received', true]);
  });

  it('keeps ids beyond a double as they are', async () => {
    const sent = delivery(Buffer.from('{"n":2,"repository":{"id":9007199254740993}}'));
    await send(sent);
    expect(await rows(sent)).toMatchObject([{ subject_id: '9007199254740993' }]);
  });
});

it('takes each of the 329 payloads that GitHub recorded: 202, again 200, and 401 when it was touched', async () => {
  const recorded = createRequire(__filename)('@octokit/webhooks-examples/api.github.com/index.json') as { name: string; examples: object[] }[];
  const all = recorded.flatMap(({ name, examples }) => examples.map((payload) => delivery({ ...payload, recorded: randomUUID() }, { event: name })));
  const counts: Record<number, number> = {};
  for (const sent of all) {
    const touched = { ...sent, body: Buffer.concat([sent.body, Buffer.from(' ')]) };
    for (const { status } of [await send(touched), await send(sent), await send(sent)]) counts[status] = (counts[status] ?? 0) + 1;
  }
  expect(counts).toEqual({ 200: 329, 202: 329, 401: 329 });
}, 120_000);

describe('a delivery that is refused', () => {
  const withHeaders = (sent: Sent, headers: Record<string, string>): Sent => ({ ...sent, headers: { ...sent.headers, ...headers } });
  const without = (sent: Sent, name: string): Sent => ({ ...sent, headers: Object.fromEntries(Object.entries(sent.headers).filter(([other]) => other !== name)) });

  it.each<[string, () => Sent]>([
    ['changed in one letter', () => ({ ...delivery(), body: Buffer.from('{"action":"closed"}') })],
    ['read and written again', () => {
      const sent = delivery();
      return { ...sent, body: Buffer.from(JSON.stringify(JSON.parse(sent.body.toString()), null, 1)) };
    }],
    ['without a signature', () => without(delivery(), 'x-hub-signature-256')],
    ['with the older kind of signature only', () => withHeaders(without(delivery(), 'x-hub-signature-256'), { 'x-hub-signature': `sha1=${'a'.repeat(40)}` })],
    ['with an empty signature', () => withHeaders(delivery(), { 'x-hub-signature-256': '' })],
    ['with garbage for a signature', () => withHeaders(delivery(), { 'x-hub-signature-256': 'sha256=\u00e9, ,=' })],
    ['with two signatures', () => {
      const sent = delivery();
      return withHeaders(sent, { 'x-hub-signature-256': `${sent.headers['x-hub-signature-256']!}, ${sent.headers['x-hub-signature-256']!}` });
    }],
    ['signed with somebody else’s secret', () => delivery(undefined, { secret: 'another' })],
    ['signed with both secrets as one', () => delivery(undefined, { secret: `${SECRET}, ${OLD_SECRET}` })],
    ['empty', () => ({ ...delivery(), body: Buffer.alloc(0) })],
  ])('is one %s: 401', async (_, make) => {
    const before = await stored();
    expect(await send(make())).toEqual({ status: 401, code: 'invalid_signature' });
    expect(await stored()).toBe(before);
  });

  it.each<[string, () => Sent]>([
    ['that is no JSON', () => delivery(Buffer.from('{"action":'))],
    ['that is no object', () => delivery(Buffer.from('[1]'))],
    ['that is signed and empty', () => delivery(Buffer.alloc(0))],
    ['of bytes that are no text', () => delivery(Buffer.from([0xff, 0xfe, 0x00]))],
    ['without an id', () => without(delivery(), 'x-github-delivery')],
    ['with an id that is none', () => withHeaders(delivery(), { 'x-github-delivery': "'; DROP TABLE users" })],
    ['without an event', () => without(delivery(), 'x-github-event')],
    ['with an event of 101 letters', () => withHeaders(delivery(), { 'x-github-event': 'a'.repeat(101) })],
  ])('is one %s: 400', async (_, make) => {
    const before = await stored();
    expect(await send(make())).toEqual({ status: 400, code: 'invalid_webhook_payload' });
    expect(await stored()).toBe(before);
  });

  it('is larger than GitHub sends them: 413', async () => {
    expect((await send(delivery({ padding: 'x'.repeat(25 * MB) }))).status).toBe(413);
  });

  it('nests deeper than any of GitHub’s, or ends too early, and breaks nothing', async () => {
    expect((await send(delivery(Buffer.from(`{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`)))).status).toBeLessThan(500);
    await new Promise<void>((resolve) => {
      const call = request(`${api.url}/api/v1/webhooks/github`, { method: 'POST', headers: { ...delivery().headers, 'content-length': '1000' } }, () => undefined);
      call.on('error', () => resolve());
      call.write('{"action":');
      setTimeout(() => call.destroy(), 50);
    });
    expect((await send(delivery())).status).toBe(202);
  });
});

describe('without a secret', () => {
  it.each([{}, { GITHUB_WEBHOOK_SECRET: SECRET, DISABLED_INTEGRATIONS: 'github' }])('says so: %p', async (settings) => {
    const other = await TestApi.start(settings as Record<string, string>);
    try {
      const sent = delivery();
      const answer = await fetch(`${other.url}/api/v1/webhooks/github`, { method: 'POST', headers: sent.headers, body: new Uint8Array(sent.body) });
      expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([503, 'integration_not_configured']);
    } finally {
      await other.close();
    }
  });
});
