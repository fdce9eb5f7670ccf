import { createHmac, randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { TaskHouse } from '../support/task-house';

interface Recorded {
  readonly name: string;
  readonly examples: readonly object[];
}

interface Sent {
  readonly event: string;
  readonly guid: string;
  readonly body: string;
}

const RECORDED = createRequire(__filename)('@octokit/webhooks-examples/api.github.com/index.json') as Recorded[];
/** Some examples are the same bytes: those come here with a mark, for the same bytes under another id are taken for a replay. */
const EVENTS: readonly Sent[] = RECORDED.flatMap(({ name, examples }) => examples.map((payload) => ({ event: name, guid: randomUUID(), body: JSON.stringify({ ...payload, recorded: randomUUID() }) })));
const AT_ONCE = 8;

/** GitHub's webhooks through both processes: the API takes a delivery, the queue carries it, the worker applies it. */
describe('GitHub’s webhooks', () => {
  let house: TaskHouse;
  beforeAll(async () => {
    house = await TaskHouse.open({ RATE_LIMIT_WEBHOOKS: '10000000/60' });
  }, 180_000);
  afterAll(() => house?.close(), 60_000);

  async function post({ event, guid, body }: Sent, secret: string | null): Promise<number> {
    const answer = await fetch(`${house.state.apiUrl}/api/v1/webhooks/github`, {
      method: 'POST', body,
      headers: {
        'content-type': 'application/json', 'user-agent': 'GitHub-Hookshot/0a1b2c3', 'x-github-event': event, 'x-github-delivery': guid,
        ...(secret === null ? {} : { 'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}` }),
      },
    });
    await answer.arrayBuffer();
    return answer.status;
  }

  async function postAll(events: readonly Sent[], secret: string | null): Promise<Record<number, number>> {
    const counts: Record<number, number> = {};
    const waiting = [...events];
    await Promise.all(Array.from({ length: AT_ONCE }, async () => {
      for (let next = waiting.pop(); next; next = waiting.pop()) {
        const status = await post(next, secret);
        counts[status] = (counts[status] ?? 0) + 1;
      }
    }));
    return counts;
  }

  const rows = async () => (await house.database.query<{ status: string; attempts: number; count: number }>(`SELECT status, attempts, count(*)::int AS count FROM webhook_deliveries WHERE source = 'github' AND delivery_id = ANY($1) GROUP BY 1, 2`, [EVENTS.map(({ guid }) => guid)])).rows;

  it('takes every payload that GitHub recorded, once, and refuses each that was touched or is signed by somebody else', async () => {
    const secret = String((house.state as unknown as { webhookSecrets: { github: string } }).webhookSecrets.github);
    expect(await postAll(EVENTS, null)).toEqual({ 401: 329 });
    expect(await postAll(EVENTS, 'the secret of somebody else')).toEqual({ 401: 329 });
    expect(await rows()).toEqual([]);

    expect(await postAll(EVENTS, secret)).toEqual({ 202: 329 });
    for (const end = Date.now() + 90_000; (await rows()).some(({ status }) => status === 'received' || status === 'failed'); ) {
      if (Date.now() > end) throw new Error(JSON.stringify(await rows()));
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    const worked = await rows();
    expect(worked.every(({ status, attempts }) => attempts === 1 && (status === 'processed' || status === 'ignored'))).toBe(true);
    expect(worked.reduce((sum, { count }) => sum + count, 0)).toBe(329);

    expect(await postAll(EVENTS, secret)).toEqual({ 200: 329 });
    expect(await postAll(EVENTS.map((event) => ({ ...event, guid: randomUUID() })), secret)).toEqual({ 200: 329 });
    expect(await rows()).toEqual(worked);
  }, 240_000);
});
