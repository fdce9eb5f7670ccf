import type { ClerkPeer, SignedWebhook } from '../../../../../test/support/clerk-peer';
import { startWithClerk } from '../../testing/clerk-api';
import type { TestApi } from '../../testing/test-api';

const SECOND = 1_000;
const OLD_SECRET = `whsec_${Buffer.from('the secret before the present one').toString('base64')}`;
const FOREIGN_SECRET = `whsec_${Buffer.from('the secret of somebody else here').toString('base64')}`;
const CURRENT_SECRET = `whsec_${Buffer.from('the clerk stand-in signs with it').toString('base64')}`;

interface Row {
  readonly status: string;
  readonly eventType: string;
  readonly subjectId: string | null;
  readonly body: string;
}

let api: TestApi;
let clerk: ClerkPeer;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ api, clerk, close } = await startWithClerk({ CLERK_WEBHOOK_SIGNING_SECRET: `${CURRENT_SECRET},${OLD_SECRET}` }));
}, 60_000);
afterAll(() => close());

const post = (headers: Readonly<Record<string, string>>, body: string | Buffer) =>
  fetch(`${api.url}/api/v1/webhooks/clerk`, { method: 'POST', headers, body: typeof body === 'string' ? body : new Uint8Array(body) }).then(async (answer) => ({ status: answer.status, body: await answer.text() }));
const send = ({ headers, body }: SignedWebhook) => post(headers, body);
const created = (wish: Parameters<ClerkPeer['webhook']>[2] = {}): SignedWebhook => clerk.webhook('user.created', clerk.addUser(), wish);
const rows = (id: string): Promise<Row[]> =>
  api.database.dataSource.query(`SELECT status, event_type AS "eventType", subject_id AS "subjectId", convert_from(raw_body, 'UTF8') AS body FROM webhook_deliveries WHERE delivery_id = $1`, [id]);
const stored = async (): Promise<number> => (await api.database.dataSource.query<{ count: number }[]>(`SELECT count(*)::int AS count FROM webhook_deliveries`))[0]?.count ?? -1;

describe('a delivery that is taken', () => {
  it('is stored as it came, and answered without a word', async () => {
    const user = clerk.addUser();
    const sent = clerk.webhook('user.created', user);
    expect(await send(sent)).toEqual({ status: 200, body: '' });
    expect(await rows(sent.id)).toEqual([{ status: 'received', eventType: 'user.created', subjectId: user.id, body: sent.body }]);
  });

  it('is stored once, however often it comes', async () => {
    const sent = created();
    const answers = await Promise.all(Array.from({ length: 20 }, () => send(sent)));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
    expect(await rows(sent.id)).toHaveLength(1);
  });

  it('that came under another id before is kept, and not worked on', async () => {
    const sent = created({ id: 'msg_first', at: Date.now() });
    await send(sent);
    const at = Number(sent.headers['svix-timestamp']) * SECOND;
    const { Webhook } = await import('standardwebhooks');
    const again = { ...sent.headers, 'svix-id': 'msg_second', 'svix-signature': new Webhook(CURRENT_SECRET).sign('msg_second', new Date(at), sent.body) };
    expect((await post(again, sent.body)).status).toBe(200);
    expect((await rows('msg_second')).map(({ status }) => status)).toEqual(['ignored']);
  });

  it.each([
    ['signed with the secret before', () => created({ secret: OLD_SECRET })],
    ['299 s old', () => created({ at: Date.now() - 299 * SECOND })],
    ['298 s ahead', () => created({ at: Date.now() + 298 * SECOND })],
    ['of a kind we do not know', () => clerk.webhook('sms.created', { id: 'sms_1', object: 'sms_message' })],
    ['with several signatures, one of them good', () => {
      const sent = created();
      return { ...sent, headers: { ...sent.headers, 'svix-signature': `v1,${Buffer.alloc(32, 1).toString('base64')} v2,later ${sent.headers['svix-signature']}` } };
    }],
    ['under the standard header names', () => {
      const sent = created();
      const headers = Object.fromEntries(Object.entries(sent.headers).map(([name, value]) => [name.replace('svix-', 'webhook-'), value]));
      return { ...sent, headers };
    }],
    ['with text from everywhere', () => clerk.webhook('user.created', clerk.addUser({ firstName: 'Zoë 🚀 \u2028', lastName: '名前' }))],
  ])('is one %s', async (_, make) => {
    const sent = make();
    expect(await send(sent)).toEqual({ status: 200, body: '' });
    expect((await rows(sent.id)).map(({ body }) => body)).toEqual([sent.body]);
  });
});

describe('a delivery that is refused', () => {
  const without = (sent: SignedWebhook, name: string): SignedWebhook => ({ ...sent, headers: Object.fromEntries(Object.entries(sent.headers).filter(([other]) => other !== name)) });
  const withHeader = (sent: SignedWebhook, name: string, value: string): SignedWebhook => ({ ...sent, headers: { ...sent.headers, [name]: value } });

  it.each<[string, () => SignedWebhook | { headers: Readonly<Record<string, string>>; body: Buffer }]>([
    ['was changed in one letter', () => {
      const sent = created();
      return { ...sent, body: sent.body.replace('user.created', 'user.deleted') };
    }],
    ['was read and written again', () => {
      const sent = created();
      return { ...sent, body: JSON.stringify(JSON.parse(sent.body), null, 1) };
    }],
    ['has a byte order mark in front', () => {
      const sent = created();
      return { ...sent, body: `\uFEFF${sent.body}` };
    }],
    ['is no UTF-8', () => ({ headers: created().headers, body: Buffer.from([0x7b, 0xff, 0xfe, 0x7d]) })],
    ['is empty', () => ({ ...created(), body: '' })],
    ['is signed with another secret', () => created({ secret: FOREIGN_SECRET })],
    ['is 301 s old', () => created({ at: Date.now() - 301 * SECOND })],
    ['is 302 s ahead', () => created({ at: Date.now() + 302 * SECOND })],
    ['is signed for another id', () => withHeader(created(), 'svix-id', 'msg_other')],
    ['is signed for another time', () => withHeader(created(), 'svix-timestamp', String(Math.floor(Date.now() / SECOND) - 1))],
    ['has a time that is no number', () => withHeader(created(), 'svix-timestamp', 'now')],
    ['has no id', () => without(created(), 'svix-id')],
    ['has no time', () => without(created(), 'svix-timestamp')],
    ['has no signature', () => without(created(), 'svix-signature')],
    ['has an empty signature', () => withHeader(created(), 'svix-signature', '')],
    ['has a signature of another version', () => withHeader(created(), 'svix-signature', 'v1a,AAAA')],
    ['has garbage for a signature', () => withHeader(created(), 'svix-signature', ', ,,v1,=== \u00e9')],
  ])('%s', async (_, make) => {
    const before = await stored();
    const { headers, body } = make();
    const answer = await post(headers, body);
    expect([answer.status, (JSON.parse(answer.body) as { code: string }).code]).toEqual([401, 'invalid_signature']);
    expect(await stored()).toBe(before);
  });

  it('is larger than 1 MB', async () => {
    const sent = clerk.webhook('user.created', { padding: 'x'.repeat(1024 * 1024) });
    expect((await send(sent)).status).toBe(413);
    const answer = await fetch(`${api.url}/api/v1/webhooks/clerk`, {
      method: 'POST', headers: sent.headers, duplex: 'half', body: new ReadableStream({ pull: (stream) => stream.enqueue(Buffer.alloc(64 * 1024, 'x')) }),
    }).then(({ status }) => status, () => 413);
    expect(answer).toBe(413);
  });

  it('is signed, and no event', async () => {
    const sent = clerk.webhook('', {});
    const answer = await send(sent);
    expect([answer.status, (JSON.parse(answer.body) as { code: string }).code]).toEqual([400, 'invalid_webhook_payload']);
  });
});
