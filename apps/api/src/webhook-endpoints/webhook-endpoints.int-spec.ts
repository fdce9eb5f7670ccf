import { Webhook } from 'standardwebhooks';
import { type SignedIn, TestApi } from '../testing/test-api';

let api: TestApi;
let ada: SignedIn;
let eve: SignedIn;
beforeAll(async () => {
  api = await TestApi.start({ ALLOW_LOCAL_REPOSITORIES: 'true' });
  eve = await api.signUp();
}, 60_000);
beforeEach(async () => {
  ada = await api.signUp();
});
afterAll(() => api.close());

interface Endpoint {
  id: string;
  secret: string;
  secretPreview: string;
  [name: string]: unknown;
}

const BASE = '/api/v1/webhook-endpoints';
let count = 0;
const anInput = (more: object = {}): object => ({ url: `https://example.com/hooks/${++count}`, events: ['task.completed'], ...more });

async function add(more: object = {}, as = ada): Promise<Endpoint> {
  const answer = await api.send('post', BASE, as).send(anInput(more));
  expect({ status: answer.status, text: answer.status === 201 ? '' : answer.text }).toEqual({ status: 201, text: '' });
  return answer.body as Endpoint;
}

const audits = (organizationId: string): Promise<{ action: string; actor_type: string; actor_id: string; changes: object | null }[]> =>
  api.database.dataSource.query(`SELECT action, actor_type, actor_id, changes FROM audit_logs WHERE organization_id = $1 AND target_type IN ('webhook_endpoint', 'webhook_delivery') ORDER BY id`, [organizationId]);

describe('an endpoint', () => {
  it('is made with a secret that is shown once', async () => {
    const answer = await api.send('post', BASE, ada).send(anInput({ url: 'HTTPS://Example.com:443/a b'.replace(' ', '%20'), description: 'Ours' }));
    const made = answer.body as Endpoint;
    expect(answer.headers['location']).toBe(`${BASE}/${made.id}`);
    expect(made).toMatchObject({ url: 'https://example.com/a%20b', description: 'Ours', events: ['task.completed'], status: 'active', disabledReason: null, previousSecretExpiresAt: null, lastSuccessAt: null });
    expect(made.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(made.secretPreview).toBe(`whsec_…${made.secret.slice(-5, -1)}`);
    const { secret, ...shown } = made;
    const read = await api.send('get', `${BASE}/${made.id}`, ada);
    expect(read.body).toEqual(shown);
    expect(read.headers['etag']).toBe(answer.headers['etag']);
    const list = await api.send('get', BASE, ada);
    expect(list.body).toEqual({ data: [shown], nextCursor: null });
    expect(list.text + read.text).not.toContain(secret.slice(6, 40));
    expect(await audits(ada.organizationId)).toEqual([{ action: 'webhook_endpoint.created', actor_type: 'user', actor_id: ada.userId, changes: { url: 'https://example.com/a%20b', events: ['task.completed'] } }]);
  });

  it('is made once for one Idempotency-Key, and its repeated answer holds the same secret', async () => {
    const input = anInput();
    const send = () => api.send('post', BASE, ada).set('Idempotency-Key', 'one-endpoint').send(input);
    const first = await send();
    const again = await send();
    const named = ({ headers: { location, etag } }: typeof first) => ({ location, etag });
    expect([again.status, again.text, again.headers['idempotency-replayed'], named(again)]).toEqual([201, first.text, 'true', named(first)]);
    expect(((await api.send('get', BASE, ada)).body as { data: object[] }).data).toHaveLength(1);
  });

  it('is one of ten at most, also when they come at once, and its address is there once', async () => {
    const answers = await Promise.all(Array.from({ length: 14 }, () => api.send('post', BASE, ada).send(anInput())));
    expect(answers.map(({ status }) => status).sort()).toEqual([...Array<number>(10).fill(201), ...Array<number>(4).fill(429)]);
    expect(answers.find(({ status }) => status === 429)!.body).toMatchObject({ code: 'plan_limit_webhook_endpoints', limit: 10 });
    const [first] = ((await api.send('get', `${BASE}?limit=1`, ada)).body as { data: Endpoint[] }).data;
    await api.send('delete', `${BASE}/${first!.id}`, ada).expect(204);
    const { data } = (await api.send('get', BASE, ada)).body as { data: Endpoint[] };
    const double = await api.send('post', BASE, ada).send({ url: data[0]!['url'], events: ['*'] });
    expect([double.status, double.body]).toMatchObject([409, { code: 'webhook_endpoint_duplicate' }]);
    // What was deleted may come again; another organization may have the same.
    expect((await api.send('post', BASE, ada).send({ url: first!['url'], events: ['*'] })).status).toBe(201);
    expect((await api.send('post', BASE, eve).send({ url: first!['url'], events: ['*'] })).status).toBe(201);
  });

  it('keeps no secret once the account is erased', async () => {
    const { id } = await add();
    await api.send('post', `${BASE}/${id}/rotate`, ada).set('Idempotency-Key', 'rotated-before-the-end').send({}).expect(200);
    const { username } = (await api.send('get', '/api/v1/users/profile', ada)).body as { username: string };
    await api.send('delete', '/api/v1/users/profile', ada).send({ confirm: username }).expect(204);
    const rows: unknown = await api.database.dataSource.query('SELECT length(secret_enc) AS left, previous_secret_enc, deleted_at IS NOT NULL AS gone FROM webhook_endpoints WHERE id = $1', [id]);
    expect(rows).toEqual([{ left: 0, previous_secret_enc: null, gone: true }]);
    expect(await api.database.dataSource.query('SELECT key FROM idempotency_keys WHERE scope = $1', [`u:${ada.userId}`])).toEqual([]);
  });

  it.each([
    ['unsafe_url', '/url', { url: 'http://example.com/' }],
    ['unsafe_url', '/url', { url: 'https://10.0.0.1/' }],
    ['unsafe_url', '/url', { url: 'https://169.254.169.254/latest' }],
    ['unsafe_url', '/url', { url: 'https://user:password@example.com/' }],
    ['unsafe_url', '/url', { url: 'https://redis/' }],
    ['unsafe_url', '/url', { url: 'file:///etc/passwd' }],
    ['validation_failed', '/url', { url: `https://example.com/${'x'.repeat(2_048)}` }],
    ['validation_failed', '/url', { url: 7 }],
    ['validation_failed', '/events', { events: [] }],
    ['validation_failed', '/events', { events: ['task.exploded'] }],
    ['validation_failed', '/events', { events: ['task.completed', 'task.completed'] }],
    ['validation_failed', '/events', { events: 'task.completed' }],
    ['validation_failed', '/description', { description: 'x'.repeat(501) }],
    ['validation_failed', '/description', { description: 'a\u0000b' }],
    ['validation_failed', '/secret', { secret: 'whsec_mine' }],
    ['validation_failed', '/organizationId', { organizationId: '019a0e6a-7b1c-7c3e-9a55-2f6d1c0e4b7a' }],
    ['validation_failed', '/status', { status: 'disabled' }],
  ])('is refused as %s at %s, case %#', async (code, pointer, more) => {
    const answer = await api.send('post', BASE, ada).send(anInput(more));
    expect([answer.status, answer.body]).toMatchObject([422, { code }]);
    expect((answer.body as { errors: { pointer: string }[] }).errors.map((fault) => fault.pointer.split('/')[1])).toContain(pointer.slice(1));
  });

  it('may be on this machine outside production only', async () => {
    expect((await api.send('post', BASE, ada).send(anInput({ url: 'http://127.0.0.1:9/hook' }))).status).toBe(201);
  });

  it('is changed by what is sent, if it is the version that was seen', async () => {
    const made = await add({ description: 'Ours' });
    const path = `${BASE}/${made.id}`;
    const { etag } = (await api.send('get', path, ada)).headers;
    const changed = await api.send('patch', path, ada).set('If-Match', etag!).send({ events: ['*'], description: null });
    expect(changed.body).toMatchObject({ events: ['*'], description: null, url: made['url'], status: 'active' });
    expect((await api.send('put', path, ada).set('If-Match', etag!).send({ events: ['task.failed'] })).body).toMatchObject({ code: 'version_conflict' });
    expect((await api.send('put', path, ada).set('If-Match', changed.headers['etag']!).send({ url: 'https://example.com/moved' })).body).toMatchObject({ url: 'https://example.com/moved', events: ['*'] });
    for (const body of [{ url: null }, { events: null }, { status: 'failing' }, { secret: 'x' }, { consecutiveFailures: 0 }, { url: 'http://10.0.0.1/' }]) {
      expect([body, (await api.send('patch', path, ada).send(body)).status]).toEqual([body, 422]);
    }
    expect((await api.send('patch', path, ada).send({})).body).toMatchObject({ url: 'https://example.com/moved' });
    expect((await audits(ada.organizationId)).map(({ action, changes }) => [action, changes]).slice(1, 3)).toEqual([
      ['webhook_endpoint.updated', { events: ['*'], description: null }], ['webhook_endpoint.updated', { url: 'https://example.com/moved' }],
    ]);
  });

  it('gets nothing while it is disabled, and begins anew when it is enabled', async () => {
    const { id } = await add();
    const path = `${BASE}/${id}`;
    const { deliveryId } = (await api.send('post', `${path}/ping`, ada).expect(202)).body as { deliveryId: string };
    expect((await api.send('patch', path, ada).send({ status: 'disabled' })).body).toMatchObject({ status: 'disabled', disabledReason: 'user' });
    expect((await api.send('get', `${path}/deliveries/${deliveryId}`, ada)).body).toMatchObject({ status: 'cancelled', nextAttemptAt: null });
    for (const call of ['ping', `deliveries/${deliveryId}/redeliver`]) expect((await api.send('post', `${path}/${call}`, ada)).body).toMatchObject({ status: 409, code: 'webhook_endpoint_disabled' });
    await api.database.dataSource.query('UPDATE webhook_endpoints SET consecutive_failures = 30 WHERE id = $1', [id]);
    expect((await api.send('patch', path, ada).send({ status: 'active' })).body).toMatchObject({ status: 'active', disabledReason: null });
    expect(await api.database.dataSource.query('SELECT consecutive_failures FROM webhook_endpoints WHERE id = $1', [id])).toEqual([{ consecutive_failures: 0 }]);
    await api.send('post', `${path}/deliveries/${deliveryId}/redeliver`, ada).expect(202);
    expect((await api.send('get', `${path}/deliveries/${deliveryId}`, ada)).body).toMatchObject({ status: 'pending', attempts: 0 });
    expect((await audits(ada.organizationId)).map(({ action }) => action)).toEqual([
      'webhook_endpoint.created', 'webhook_endpoint.pinged', 'webhook_endpoint.disabled', 'webhook_endpoint.enabled', 'webhook_delivery.redelivered',
    ]);
  });

  it('is gone for good when it is deleted', async () => {
    const { id } = await add();
    const path = `${BASE}/${id}`;
    const { etag } = (await api.send('get', path, ada)).headers;
    await api.send('post', `${path}/ping`, ada).expect(202);
    await api.send('delete', path, ada).set('If-Match', '"other"').expect(412);
    await api.send('delete', path, ada).set('If-Match', etag!).expect(204);
    for (const [method, tail] of [['get', ''], ['patch', ''], ['delete', ''], ['post', '/ping'], ['post', '/rotate'], ['get', '/deliveries']] as const) {
      expect([tail, (await api.send(method, `${path}${tail}`, ada)).status]).toEqual([tail, 404]);
    }
    expect(await api.database.dataSource.query(`SELECT octet_length(secret_enc) AS secret, (SELECT status FROM webhook_endpoint_deliveries WHERE endpoint_id = $1) FROM webhook_endpoints WHERE id = $1`, [id]))
      .toEqual([{ secret: 0, status: 'cancelled' }]);
  });

  it('rotates its secret with an overlap, or without', async () => {
    const made = await add();
    const path = `${BASE}/${made.id}/rotate`;
    const first = await api.send('post', path, ada).set('Idempotency-Key', 'rotate-1').send({});
    const { secret, previousSecretExpiresAt } = first.body as { secret: string; previousSecretExpiresAt: string };
    expect(first.status).toBe(200);
    expect(secret).not.toBe(made.secret);
    expect(Date.parse(previousSecretExpiresAt) - Date.now()).toBeGreaterThan(86_300_000);
    expect((await api.send('post', path, ada).set('Idempotency-Key', 'rotate-1').send({})).text).toBe(first.text);
    expect((await api.send('get', `${BASE}/${made.id}`, ada)).body).toMatchObject({ previousSecretExpiresAt, secretPreview: `whsec_…${secret.slice(-5, -1)}` });
    expect((await api.send('post', path, ada).send({ overlapSeconds: 0 })).body).toMatchObject({ previousSecretExpiresAt: null });
    for (const overlapSeconds of [-1, 604_801, 1.5, '60', null]) expect((await api.send('post', path, ada).send({ overlapSeconds })).status).toBe(422);
    expect((await audits(ada.organizationId)).map(({ action, changes }) => [action, changes]).slice(1)).toEqual([
      ['webhook_endpoint.secret_rotated', { overlapSeconds: 86_400 }], ['webhook_endpoint.secret_rotated', { overlapSeconds: 0 }],
    ]);
  });
});

describe('deliveries', () => {
  it('are listed with filters and pages, one with the text that is signed', async () => {
    const { id } = await add();
    const path = `${BASE}/${id}`;
    for (let n = 0; n < 3; n += 1) await api.send('post', `${path}/ping`, ada).expect(202);
    await api.database.dataSource.query(
      `UPDATE webhook_endpoint_deliveries SET status = 'dead', attempts = 9, last_status = 500, last_error = 'answered 500', last_duration_ms = 12 WHERE id = (SELECT id FROM webhook_endpoint_deliveries WHERE endpoint_id = $1 ORDER BY id LIMIT 1)`,
      [id],
    );
    const all = (await api.send('get', `${path}/deliveries`, ada)).body as { data: { id: string; eventId: string }[] };
    expect(all.data).toHaveLength(3);
    const first = await api.send('get', `${path}/deliveries?limit=2`, ada);
    const { nextCursor } = first.body as { nextCursor: string };
    const rest = await api.send('get', `${path}/deliveries?limit=2&cursor=${nextCursor}`, ada);
    expect([...(first.body as typeof all).data, ...(rest.body as typeof all).data]).toEqual(all.data);
    const dead = (await api.send('get', `${path}/deliveries?status=dead&eventType=ping`, ada)).body as { data: { id: string }[] };
    expect(dead.data).toMatchObject([{ eventType: 'ping', taskId: null, status: 'dead', attempts: 9, lastStatus: 500, lastError: 'answered 500', lastDurationMs: 12, nextAttemptAt: null, deliveredAt: null }]);
    expect(((await api.send('get', `${path}/deliveries?eventType=task.created`, ada)).body as { data: object[] }).data).toEqual([]);
    expect((await api.send('get', `${path}/deliveries?status=lost`, ada)).status).toBe(400);
    const one = (await api.send('get', `${path}/deliveries/${all.data[0]!.id}`, ada)).body as { body: string; eventId: string };
    expect(JSON.parse(one.body)).toMatchObject({ id: one.eventId, type: 'ping', organizationId: ada.organizationId, data: {} });
    expect(Object.keys(all.data[0]!)).not.toContain('body');
  });

  it('and endpoints of others are not there', async () => {
    const mine = await add();
    const { deliveryId } = (await api.send('post', `${BASE}/${mine.id}/ping`, ada)).body as { deliveryId: string };
    const theirs = await add({}, eve);
    const paths: [method: 'get' | 'post' | 'patch' | 'put' | 'delete', path: string][] = [
      ['get', `${mine.id}`], ['patch', `${mine.id}`], ['put', `${mine.id}`], ['delete', `${mine.id}`], ['post', `${mine.id}/ping`], ['post', `${mine.id}/rotate`], ['get', `${mine.id}/deliveries`],
      ['get', `${mine.id}/deliveries/${deliveryId}`], ['post', `${mine.id}/deliveries/${deliveryId}/redeliver`], ['get', `${theirs.id}/deliveries/${deliveryId}`],
      ['post', `${theirs.id}/deliveries/${deliveryId}/redeliver`],
    ];
    for (const [method, path] of paths) expect([method, path, (await api.send(method, `${BASE}/${path}`, eve)).status]).toEqual([method, path, 404]);
    expect((await api.send('get', `${BASE}/nothing`, ada)).status).toBe(400);
    await api.database.dataSource.query(`UPDATE organization_members SET role = 'member' WHERE user_id = $1`, [ada.userId]);
    expect((await api.send('get', BASE, ada)).status).toBe(403);
  });
});

describe("a task's callback", () => {
  const secret = `whsec_${Buffer.alloc(24, 5).toString('base64')}`;
  let repositoryId: string;
  beforeEach(async () => {
    const answer = await api.send('post', '/api/v1/repositories', ada).send({ provider: 'git', cloneUrl: `file:///srv/git/callback-${++count}.git` });
    repositoryId = (answer.body as { id: string }).id;
  });
  const post = (more: object) => api.send('post', '/api/v1/tasks', ada).send({ prompt: 'Fix it.', repositoryId, ...more });

  it('is kept with the task, and hears of it in the same transaction', async () => {
    const answer = await post({ callbackUrl: 'https://example.com/callback', callbackSecret: secret });
    expect([answer.status, answer.body]).toMatchObject([201, { callbackUrl: 'https://example.com/callback' }]);
    expect(answer.text).not.toContain(secret.slice(6));
    const { id } = answer.body as { id: string };
    const rows = await api.database.dataSource.query<{ event_type: string; body: string; event_id: string }[]>('SELECT event_type, body, event_id FROM webhook_endpoint_deliveries WHERE task_id = $1 ORDER BY id', [id]);
    expect(rows.map((row) => row.event_type)).toEqual(['task.created', 'task.queued']);
    const { prompt, options, metadata, ...shown } = (await api.send('get', `/api/v1/tasks/${id}`, ada)).body as Record<string, unknown>;
    expect([prompt, options, metadata]).not.toContain(undefined);
    expect((JSON.parse(rows[0]!.body) as { data: object }).data).toEqual({ ...shown, previousStatus: null });
    expect((await api.send('get', BASE, ada)).body).toMatchObject({ data: [] });
    const headers = { 'webhook-id': 'x', 'webhook-timestamp': String(Math.floor(Date.now() / 1_000)), 'webhook-signature': '' };
    headers['webhook-signature'] = new Webhook(secret).sign('x', new Date(), rows[0]!.body);
    expect(new Webhook(secret).verify(rows[0]!.body, headers)).toBeDefined();
  });

  it.each([
    [{ callbackUrl: 'https://example.com/callback' }, '/callbackSecret'],
    [{ callbackSecret: secret }, '/callbackUrl'],
    [{ callbackUrl: 'http://example.com/', callbackSecret: secret }, '/callbackUrl'],
    [{ callbackUrl: 'https://192.168.1.1/', callbackSecret: secret }, '/callbackUrl'],
    [{ callbackUrl: 'https://example.com/', callbackSecret: 'whsec_c2hvcnQ=' }, '/callbackSecret'],
    [{ callbackUrl: 'https://example.com/', callbackSecret: `whsec_${Buffer.alloc(65).toString('base64')}` }, '/callbackSecret'],
    [{ callbackUrl: 'https://example.com/', callbackSecret: Buffer.alloc(32).toString('base64') }, '/callbackSecret'],
    [{ callbackUrl: 'https://example.com/', callbackSecret: 'whsec_!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!' }, '/callbackSecret'],
  ])('is refused with %j', async (more, pointer) => {
    const answer = await post(more);
    expect([answer.status, (answer.body as { errors: { pointer: string }[] }).errors[0]!.pointer]).toEqual([422, pointer]);
    expect(answer.text).not.toContain('c2hvcnQ');
  });
});
