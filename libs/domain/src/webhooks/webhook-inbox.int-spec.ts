import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import { UnitOfWork } from '../unit-of-work';
import { type IncomingDelivery, WEBHOOK_TRIES, WebhookInboxStore } from './webhook-inbox.store';

let database: TestDatabase;
let work: UnitOfWork;
const inbox = new WebhookInboxStore();
let made = 0;
beforeAll(async () => {
  database = await openTestDatabase();
  work = new UnitOfWork(database.dataSource);
});
afterAll(() => database.close());

const delivery = (changes: Partial<IncomingDelivery> = {}): IncomingDelivery => {
  made += 1;
  return { source: 'github', deliveryId: `guid-${made}`, eventType: 'push', subjectId: 'repo-1', occurredAt: null, rawBody: Buffer.from(`{"n":${made}}`), ...changes };
};
const receive = (one: IncomingDelivery) => work.run((tx) => inbox.receive(tx, one));
const claim = (id: string) => work.run((tx) => inbox.claim(tx, id));
const due = (id: string) => database.dataSource.query(`UPDATE webhook_deliveries SET next_attempt_at = now() - interval '10 s' WHERE id = $1`, [id]);
const row = async (id: string) => (await database.dataSource.query<{ status: string; attempts: number; last_error: string | null; pause: number }[]>(
  `SELECT status, attempts, last_error, round(extract(epoch FROM next_attempt_at - now()))::int AS pause FROM webhook_deliveries WHERE id = $1`, [id]))[0]!;

async function stored(changes: Partial<IncomingDelivery> = {}): Promise<string> {
  const { outcome, id } = await receive(delivery(changes));
  expect(outcome).toBe('stored');
  return id!;
}

describe('the webhook inbox', () => {
  it('keeps a delivery once, whoever brings it at once', async () => {
    const one = delivery();
    const outcomes = (await Promise.all(Array.from({ length: 20 }, () => receive(one)))).map(({ outcome }) => outcome);
    expect(outcomes.sort()).toEqual(['seen', ...Array.from({ length: 18 }, () => 'seen'), 'stored']);
  });

  it('knows the same bytes under another id, which is not signed by every sender', async () => {
    const one = delivery();
    await receive(one);
    const again = await receive({ ...one, deliveryId: 'guid-replayed' });
    expect(again.outcome).toBe('seen');
    expect(await row(again.id!)).toMatchObject({ status: 'ignored' });
    expect((await receive({ ...one, source: 'stripe' })).outcome).toBe('stored');
  });

  it('gives a delivery to one worker at a time, and again when that one went silent', async () => {
    const id = await stored();
    const claims = await Promise.all(Array.from({ length: 16 }, () => claim(id)));
    const first = claims.find((one) => one !== null)!;
    expect(claims.filter((one) => one !== null)).toHaveLength(1);
    await due(id);
    const second = (await claim(id))!;
    expect([first.attempts, second.attempts]).toEqual([1, 2]);
    // The silent one wakes: what it writes changes nothing.
    expect(await work.run((tx) => inbox.finish(tx, first, { status: 'processed' }))).toBe(false);
    expect(await work.run((tx) => inbox.finish(tx, second, { status: 'processed' }))).toBe(true);
    await due(id);
    expect(await claim(id)).toBeNull();
  });

  it('tries eight times with growing pauses, then gives up, until the sender sends it again', async () => {
    const one = delivery();
    const { id } = await receive(one);
    const pauses: number[] = [];
    for (let attempt = 1; attempt <= WEBHOOK_TRIES; attempt++) {
      const claimed = (await claim(id!))!;
      expect(await work.run((tx) => inbox.fail(tx, claimed, `no. ${attempt}`))).toBe(attempt === WEBHOOK_TRIES ? 'dead' : 'failed');
      pauses.push((await row(id!)).pause);
      await due(id!);
    }
    expect(pauses.slice(0, 7)).toEqual([5, 20, 80, 320, 1_280, 3_600, 3_600]);
    expect(await claim(id!)).toBeNull();
    expect(await row(id!)).toMatchObject({ status: 'dead', attempts: WEBHOOK_TRIES, last_error: 'no. 8' });
    expect((await receive(one)).outcome).toBe('revived');
    expect((await claim(id!))?.attempts).toBe(1);
  });

  it('finds what got stuck, and buries what kills its worker', async () => {
    const waiting = await stored();
    const taken = await stored();
    await due(waiting);
    await claim(taken);
    const killer = await stored();
    await database.dataSource.query(`UPDATE webhook_deliveries SET attempts = $2, next_attempt_at = now() - interval '1 s' WHERE id = $1`, [killer, WEBHOOK_TRIES]);
    const stuck = await work.run((tx) => inbox.stuck(tx, 100));
    expect(stuck).toContain(waiting);
    expect(stuck).not.toContain(taken);
    expect(stuck).not.toContain(killer);
    expect(await work.run((tx) => inbox.bury(tx))).toBe(1);
    expect(await row(killer)).toMatchObject({ status: 'dead', last_error: 'the last try never came back' });
  });

  it('keeps errors of any text, forgets the old, and blanks what was about somebody', async () => {
    const id = await stored({ subjectId: 'person' });
    await work.run(async (tx) => inbox.finish(tx, (await inbox.claim(tx, id))!, { status: 'ignored', note: 'a \0 b \ud800' }));
    await work.run((tx) => inbox.blank(tx, 'github', 'person'));
    const [kept] = await database.dataSource.query<{ raw_body: Buffer; last_error: string }[]>(`SELECT raw_body, last_error FROM webhook_deliveries WHERE id = $1`, [id]);
    expect(kept).toMatchObject({ raw_body: Buffer.alloc(0), last_error: 'a \ufffd b \ufffd' });
    await database.dataSource.query(`UPDATE webhook_deliveries SET received_at = now() - interval '31 days' WHERE id = $1`, [id]);
    expect(await work.run((tx) => inbox.deleteOld(tx, { days: 30, limit: 10 }))).toBe(1);
    expect(await work.run((tx) => inbox.deleteOld(tx, { days: 30, limit: 10 }))).toBe(0);
  });
});
