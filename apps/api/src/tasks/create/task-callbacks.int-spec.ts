import { SealedSecrets, secretPlace, UnitOfWork } from '@app/domain';
import { aGitRepo } from '@app/domain/testing';
import { TestApi, type SignedIn } from '../../testing/test-api';

interface Callback {
  readonly id: string;
  readonly url: string;
  readonly status: string;
  readonly gone: boolean;
  readonly sealed: Buffer;
  readonly keyVersion: number;
}

const secretOf = (fill: number): string => `whsec_${Buffer.alloc(32, fill).toString('base64')}`;

let api: TestApi;
let ada: SignedIn;
let repositoryId: string;
beforeAll(async () => {
  api = await TestApi.start();
  ada = await api.signUp();
  repositoryId = (await aGitRepo(api.database.dataSource, { organizationId: ada.organizationId })).id;
  await api.database.dataSource.query('UPDATE subscription_plans SET max_tasks_per_day = NULL');
}, 60_000);
afterAll(() => api.close());

const sql = <Row>(text: string, ...values: unknown[]): Promise<Row[]> => api.database.dataSource.query<Row[]>(text, values);
const patch = (id: string, body: object, headers: Record<string, string> = {}) => api.send('patch', `/api/v1/tasks/${id}`, ada).set(headers).send(body);
const callbacks = (id: string) => sql<Callback>('SELECT id, url, status, deleted_at IS NOT NULL AS gone, secret_enc AS sealed, key_version AS "keyVersion" FROM webhook_endpoints WHERE task_id = $1', id);
const told = async (id: string): Promise<string[]> => (await sql<{ type: string }>('SELECT event_type AS type FROM webhook_endpoint_deliveries WHERE task_id = $1 ORDER BY id', id)).map(({ type }) => type);

async function newTask(more: object = {}): Promise<string> {
  const answer = await api.send('post', '/api/v1/tasks', ada).send({ prompt: 'Fix it.', repositoryId, draft: true, ...more });
  expect(answer.status).toBe(201);
  return (answer.body as { id: string }).id;
}

/** The secret that signs, as the sender opens it. */
async function secretNow(id: string): Promise<string> {
  const [row] = await callbacks(id);
  const secret = await api.app.get(SealedSecrets, { strict: false }).open(api.app.get(UnitOfWork, { strict: false }).reader, secretPlace(ada.organizationId, row!.id), row!);
  return secret.use((text) => text);
}

it('a callback can be given later, is replaced, taken away and given again', async () => {
  const id = await newTask();
  const given = await patch(id, { callbackUrl: 'https://example.com/one', callbackSecret: secretOf(1) });
  expect([given.status, given.body]).toMatchObject([200, { callbackUrl: 'https://example.com/one' }]);
  expect(given.text).not.toContain(secretOf(1).slice(6));
  expect([await secretNow(id), await told(id)]).toEqual([secretOf(1), []]);

  const [first] = await callbacks(id);
  await sql(`UPDATE webhook_endpoints SET status = 'disabled', disabled_reason = 'failing', consecutive_failures = 9 WHERE task_id = $1`, id);
  expect((await patch(id, { callbackUrl: 'https://example.com/two', callbackSecret: secretOf(2) })).body).toMatchObject({ callbackUrl: 'https://example.com/two' });
  expect(await callbacks(id)).toMatchObject([{ id: first!.id, url: 'https://example.com/two', status: 'active' }]);
  expect(await secretNow(id)).toBe(secretOf(2));

  expect((await patch(id, { title: 'No word of it' })).body).toMatchObject({ callbackUrl: 'https://example.com/two' });
  const removed = await patch(id, { callbackUrl: null });
  expect([removed.status, removed.body]).toMatchObject([200, { callbackUrl: null }]);
  expect((await api.send('get', `/api/v1/tasks/${id}`, ada)).body).toMatchObject({ callbackUrl: null });
  const [gone] = await callbacks(id);
  expect([gone!.gone, gone!.sealed.length]).toEqual([true, 0]);

  expect((await patch(id, { callbackUrl: 'https://example.com/three', callbackSecret: secretOf(3), draft: false })).body).toMatchObject({ status: 'queued', callbackUrl: 'https://example.com/three' });
  expect([await secretNow(id), await told(id)]).toEqual([secretOf(3), ['task.queued']]);
});

it('is a change of the task: with a new tag, against an old one, and in the audit log without its secret', async () => {
  const id = await newTask();
  const { etag = '' } = (await api.send('get', `/api/v1/tasks/${id}`, ada)).headers as { etag?: string };
  const changed = await patch(id, { callbackUrl: 'https://example.com/one', callbackSecret: secretOf(1) }, { 'If-Match': etag });
  expect([changed.status, changed.headers['etag'] === etag]).toEqual([200, false]);
  expect((await patch(id, { callbackUrl: null }, { 'If-Match': etag })).status).toBe(412);
  expect(await callbacks(id)).toMatchObject([{ url: 'https://example.com/one', gone: false }]);
  expect(await sql(`SELECT changes FROM audit_logs WHERE target_id = $1 AND action = 'task.updated'`, id)).toEqual([{ changes: { fields: ['callback'] } }]);
});

it('is one row with the secret that goes with its address, however many change it at once', async () => {
  const id = await newTask();
  const answers = await Promise.all(Array.from({ length: 8 }, (_, n) => patch(id, { callbackUrl: `https://example.com/${n}`, callbackSecret: secretOf(n) })));
  expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 200));
  const [row, ...more] = await callbacks(id);
  expect([more, row!.url]).toEqual([[], `https://example.com/${await fillOf(id)}`]);
});

async function fillOf(id: string): Promise<number> {
  return Buffer.from((await secretNow(id)).slice(6), 'base64')[0] ?? -1;
}

it.each([
  ['provisioning', 200], ['in_progress', 200], ['paused', 200], ['completed', 409], ['failed', 409],
])('of a task that is %s answers %i', async (status, expected) => {
  const id = await newTask({ callbackUrl: 'https://example.com/one', callbackSecret: secretOf(1) });
  await sql('UPDATE tasks SET status = $2, completed_at = CASE WHEN $3 THEN now() END WHERE id = $1', id, status, expected === 409);
  for (const body of [{ callbackUrl: 'https://example.com/two', callbackSecret: secretOf(2) }, { callbackUrl: null }]) expect((await patch(id, body)).status).toBe(expected);
  expect(await callbacks(id)).toMatchObject([expected === 200 ? { gone: true } : { gone: false, url: 'https://example.com/one' }]);
});

it.each([
  [{ callbackUrl: 'https://example.com/two' }, '/callbackSecret'],
  [{ callbackSecret: secretOf(2) }, '/callbackUrl'],
  [{ callbackUrl: null, callbackSecret: secretOf(2) }, '/callbackUrl'],
  [{ callbackUrl: 'https://192.168.1.1/', callbackSecret: secretOf(2) }, '/callbackUrl'],
  [{ callbackUrl: 'https://example.com/two', callbackSecret: 'whsec_c2hvcnQ=' }, '/callbackSecret'],
])('is refused with %j, and stays', async (body, pointer) => {
  const id = await newTask({ callbackUrl: 'https://example.com/one', callbackSecret: secretOf(1) });
  const answer = await patch(id, body);
  expect([answer.status, answer.body]).toMatchObject([422, { errors: [{ pointer }] }]);
  expect(await callbacks(id)).toMatchObject([{ url: 'https://example.com/one', gone: false }]);
});
