import { createHash, randomUUID } from 'node:crypto';
import { type SignedIn, TestApi } from '../../testing/test-api';

let api: TestApi;
let admin: SignedIn;
let person: SignedIn;
beforeAll(async () => {
  api = await TestApi.start();
  [admin, person] = [await api.signUp(), await api.signUp()];
  await api.database.dataSource.query(`UPDATE users SET role = 'admin' WHERE id = $1`, [admin.userId]);
}, 60_000);
afterAll(() => api.close());

async function stored(status: string, body: string = randomUUID()): Promise<string> {
  const [row] = await api.database.dataSource.query<{ id: string }[]>(
    `INSERT INTO webhook_deliveries (id, source, delivery_id, event_type, action, raw_body, body_sha256, status, attempts, last_error) VALUES (gen_random_uuid(), 'github', $1, 'push', 'x', $2, $3, $4, 8, 'no') RETURNING id`,
    [randomUUID(), Buffer.from(body), createHash('sha256').update(body).digest(), status],
  );
  return row!.id;
}
const list = (query: string, as = admin) => api.send('get', `/api/v1/admin/webhook-deliveries${query}`, as);
const replay = (id: string, as = admin) => api.send('post', `/api/v1/admin/webhook-deliveries/${id}/replay`, as);

it('shows the staff what came in and what became of it, page by page, and nobody what it says', async () => {
  const dead = await stored('dead');
  for (let made = 0; made < 3; made += 1) await stored('processed');
  const first = await list('?source=github&status=processed&limit=2');
  expect(first.body).toMatchObject({ data: [{ source: 'github', eventType: 'push', status: 'processed', nextAttemptAt: null }, {}] });
  expect(Object.keys((first.body as { data: object[] }).data[0]!)).not.toContain('rawBody');
  expect((await list(`?source=github&status=processed&limit=2&cursor=${encodeURIComponent((first.body as { nextCursor: string }).nextCursor)}`)).body).toMatchObject({ data: [{}], nextCursor: null });
  expect((await list('?status=dead')).body).toMatchObject({ data: [{ id: dead, attempts: 8, lastError: 'no' }] });
  expect((await list('?status=lost')).status).toBe(400);
  expect((await list('', person)).status).toBe(403);
});

it('has a delivery worked on again, and says who wanted it', async () => {
  const dead = await stored('dead');
  expect((await replay(dead, person)).status).toBe(403);
  expect(await replay(dead).then(({ status, body }) => ({ status, body: body as object }))).toMatchObject({ status: 200, body: { id: dead, status: 'received', attempts: 0 } });
  expect(await api.database.dataSource.query(`SELECT actor_type, target_id FROM audit_logs WHERE action = 'webhook.replayed'`)).toEqual([{ actor_type: 'admin', target_id: dead }]);
  expect((await replay(randomUUID())).status).toBe(404);
  const blanked = await stored('processed', '');
  expect((await replay(blanked)).status).toBe(409);
});
