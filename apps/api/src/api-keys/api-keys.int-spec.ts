import { startLlmPeer, type LlmPeer } from '../../../../test/support/llm-peer';
import { type SignedIn, TestApi } from '../testing/test-api';

const KEY = 'sk-ant-api03-canary-0123456789-WXYZ';
/** The stand-in refuses keys of this kind. */
const REFUSED_KEY = 'sk-ant-invalid-canary-0123456789';

interface Key {
  id: string;
  status: string;
  isDefault: boolean;
  keyPreview: string;
  [field: string]: unknown;
}

let api: TestApi;
let peer: LlmPeer;
let ada: SignedIn;
let grace: SignedIn;
let count = 0;

beforeAll(async () => {
  peer = await startLlmPeer();
  api = await TestApi.start({ ANTHROPIC_BASE_URL: peer.url });
  ada = await api.signUp();
  grace = await api.signUp();
}, 60_000);
beforeEach(() => {
  peer.reset();
  peer.script({ turns: Array.from({ length: 30 }, () => ({ text: 'OK' })) });
});
afterAll(async () => {
  await api.close();
  await peer.stop();
});

const wish = (values: object = {}): object => ({ provider: 'anthropic', name: `key ${++count}`, keyValue: `${KEY}${count}`.slice(0, 40), ...values });
const post = (body: object, who = ada, path = '/api/v1/api-keys') => api.send('post', path, who).send(body);
const get = (path: string, who = ada) => api.send('get', path, who);
const saved = async (values: object = {}, who = ada): Promise<Key> => {
  const answer = await post(wish({ keyValue: `sk-ant-api03-${++count}-${'k'.repeat(24)}`, verify: false, ...values }), who);
  if (answer.status !== 201) throw new Error(answer.text);
  return answer.body as Key;
};
const query = <Row>(sql: string, parameters: unknown[] = []): Promise<Row[]> => api.database.dataSource.query<Row[]>(sql, parameters);
const faults = (answer: { body: unknown }) => (answer.body as { errors?: { pointer: string; code: string }[] }).errors?.map(({ pointer, code }) => `${pointer} ${code}`);

describe('saving a key', () => {
  it('tries it, seals it, and never shows it again', async () => {
    const answer = await post(wish({ keyValue: KEY, isDefault: true, metadata: { team: 'r' }, expiresAt: '2090-01-01T00:00:00Z' }));
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({ provider: 'anthropic', keyPreview: 'sk-ant-…WXYZ', status: 'valid', lastError: null, isDefault: true, isActive: true, usageCount: 1, metadata: { team: 'r' }, baseUrl: null });
    const { id } = answer.body as Key;
    expect(answer.headers['location']).toBe(`/api/v1/api-keys/${id}`);
    const one = await get(`/api/v1/api-keys/${id}`);
    expect(one.headers['etag']).toBe(answer.headers['etag']);
    expect(one.body).toEqual(answer.body);
    expect(peer.requests().map(({ status, key, body }) => [status, key, (body as { max_tokens: number }).max_tokens])).toEqual([[200, 'WXYZ', 16]]);
    const [row] = await query<Record<string, unknown>>('SELECT * FROM api_keys WHERE id = $1', [id]);
    expect((row?.['key_ciphertext'] as Buffer).includes(Buffer.from('canary'))).toBe(false);
    const [usage] = await query<Record<string, unknown>>('SELECT purpose, outcome, credits_micro, cost_nusd > 0 AS costs, api_key_id FROM api_key_usage_logs WHERE api_key_id = $1', [id]);
    expect(usage).toMatchObject({ purpose: 'key_test', outcome: 'ok', credits_micro: '0', costs: true });
    expect((await query('SELECT action FROM audit_logs WHERE target_id = $1', [id]))).toEqual([{ action: 'api_key.created' }]);
  });

  it('refuses what its provider refuses, without quoting it', async () => {
    const answer = await post(wish({ keyValue: REFUSED_KEY }));
    expect([answer.status, faults(answer)]).toEqual([422, ['/keyValue refused']]);
    expect(answer.text).toContain('Anthropic does not accept this key');
    expect(answer.text).not.toContain('canary');
    expect((await post(wish({ keyValue: REFUSED_KEY, verify: false }))).body).toMatchObject({ status: 'unverified', lastVerifiedAt: null });
  });

  it('saves none for whom was erased, or left, while the provider was asked', async () => {
    const lin = await api.signUp();
    peer.fault({ delayMs: 2_500 });
    const saving = post(wish(), lin).then((answer) => answer);
    while (peer.requests().length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    const { username } = (await get('/api/v1/users/profile', lin)).body as { username: string };
    await api.send('delete', '/api/v1/users/profile', lin).send({ confirm: username }).expect(204);
    expect((await saving).body).toMatchObject({ status: 404, code: 'not_found' });
    expect(await query('SELECT id FROM api_keys WHERE user_id = $1', [lin.userId])).toEqual([]);
  });

  it('saves a key that could not be tried, and says why', async () => {
    peer.fault({ status: 529, times: 1 });
    expect((await post(wish())).body).toMatchObject({ status: 'unverified', lastError: expect.stringContaining('Anthropic is overloaded') as string });
    peer.fault({ status: 429, times: 1 });
    expect((await post(wish())).body).toMatchObject({ status: 'rate_limited', lastError: expect.stringContaining('no more calls') as string });
    expect((await post(wish({ baseUrl: 'http://127.0.0.1:9/' }))).body).toMatchObject({ status: 'unverified', baseUrl: 'http://127.0.0.1:9', lastError: expect.stringContaining('could not be reached') as string });
  });

  it.each<[object, string]>([
    [{ provider: 'nobody' }, '/provider not_allowed'],
    [{ provider: 'Anthropic' }, '/provider invalid_format'],
    [{ keyValue: 'sk-proj-canary-0123456789-0123456789' }, '/keyValue invalid_format'],
    [{ keyValue: 'canary1' }, '/keyValue invalid_value'],
    [{ keyValue: `sk-ant-canary-0123456789\n0123456789` }, '/keyValue invalid_value'],
    [{ keyValue: `sk-ant-${'canary'.repeat(700)}` }, '/keyValue invalid_value'],
    [{ keyValue: ['sk-ant-canary-0123456789-0123456789'] }, '/keyValue invalid_value'],
    [{ keyValue: { canary: 1 } }, '/keyValue invalid_value'],
    [{ keyValue: undefined }, '/keyValue required'],
    [{ name: ' ' }, '/name invalid_format'],
    [{ name: 'x'.repeat(101) }, '/name invalid_length'],
    [{ expiresAt: '2020-01-01T00:00:00Z' }, '/expiresAt too_small'],
    [{ expiresAt: '2030-02-30T00:00:00Z' }, '/expiresAt invalid_format'],
    [{ isDefault: null }, '/isDefault invalid_type'],
    [{ metadata: { a: 1 } }, '/metadata invalid_value'],
    [{ provider: 'custom', keyValue: 'canary-canary' }, '/baseUrl required'],
    [{ status: 'valid' }, '/status unknown_field'],
    [{ baseUrl: 'https://llm.example.com/v1?x=1' }, '/baseUrl invalid_format'],
  ])('refuses %j', async (values, fault) => {
    const answer = await post(wish({ verify: false, ...values }));
    expect([answer.status, faults(answer)]).toEqual([422, [fault]]);
    expect(answer.text).not.toContain('canary');
  });

  it('saves one of 20 equal ones, and tells the others what is taken', async () => {
    const same = { ...wish({ verify: false }), keyValue: `sk-ant-api03-same-${'s'.repeat(20)}` };
    const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => post({ ...same, name: `parallel ${n}` })));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array.from({ length: 19 }, () => 409)]);
    const refused = answers.find(({ status }) => status === 409);
    expect([(refused?.body as { code: string }).code, faults(refused ?? { body: {} })]).toEqual(['api_key_duplicate', ['/keyValue duplicate']]);
    const byName = await post({ ...wish({ verify: false }), name: 'PARALLEL 1' === (answers.find(({ status }) => status === 201)?.body as Key).name ? 'x' : ((answers.find(({ status }) => status === 201)?.body as Key)['name'] as string).toUpperCase() });
    expect([byName.status, faults(byName)]).toEqual([409, ['/name duplicate']]);
    // Another organization may have the same one.
    expect((await post(same, grace)).status).toBe(201);
  });

  it('answers a repeated call with the same bytes, without the key', async () => {
    const body = wish({ verify: false });
    const send = () => post(body).set('Idempotency-Key', 'save-once');
    const [first, second] = [await send(), await send()];
    expect([first.status, second.status, second.headers['idempotency-replayed']]).toEqual([201, 201, 'true']);
    expect(second.text).toBe(first.text);
    expect(first.text).not.toContain('canary');
  });
});

describe('one default per provider', () => {
  it('moves with the newest wish, also when 10 want it at once', async () => {
    const keys = await Promise.all(Array.from({ length: 10 }, () => saved({}, grace)));
    const other = await saved({ provider: 'openai', keyValue: `sk-proj-${'o'.repeat(30)}`, isDefault: true }, grace);
    const answers = await Promise.all(keys.map(({ id }) => api.send('put', `/api/v1/api-keys/${id}`, grace).send({ isDefault: true })));
    expect(answers.map(({ status }) => status)).toEqual(keys.map(() => 200));
    const now = ((await get('/api/v1/api-keys?limit=100', grace)).body as { data: Key[] }).data.filter((key) => key.isDefault);
    expect(now.map((key) => key['provider']).sort()).toEqual(['anthropic', 'openai']);
    expect(now.map(({ id }) => id)).toContain(other.id);
  });
});

describe('changing a key', () => {
  it('merges what is sent, under If-Match, and leaves provider and address alone', async () => {
    const key = await saved();
    const before = (await get(`/api/v1/api-keys/${key.id}`)).headers['etag'] ?? '';
    const changed = await api.send('patch', `/api/v1/api-keys/${key.id}`, ada).set('If-Match', before).send({ name: 'renamed', description: 'd', isActive: false, expiresAt: '2099-01-01T00:00:00Z' });
    expect([changed.status, changed.body]).toMatchObject([200, { name: 'renamed', description: 'd', isActive: false, expiresAt: '2099-01-01T00:00:00.000Z', keyPreview: key.keyPreview }]);
    expect((await api.send('put', `/api/v1/api-keys/${key.id}`, ada).set('If-Match', before).send({ name: 'again' })).status).toBe(412);
    expect((await api.send('put', `/api/v1/api-keys/${key.id}`, ada).set('If-Match', '*').send({ description: null, expiresAt: null })).body).toMatchObject({ description: null, expiresAt: null, name: 'renamed' });
    for (const field of ['provider', 'baseUrl', 'status', 'usageCount', 'userId', 'organizationId', 'keyCiphertext', 'lastError']) {
      expect(faults(await api.send('put', `/api/v1/api-keys/${key.id}`, ada).send({ [field]: 'x' }))).toEqual([`/${field} unknown_field`]);
    }
  });

  it('replaces the key itself', async () => {
    const key = await saved();
    const [before] = await query<{ c: Buffer; f: Buffer }>('SELECT key_ciphertext AS c, key_fingerprint AS f FROM api_keys WHERE id = $1', [key.id]);
    expect((await api.send('put', `/api/v1/api-keys/${key.id}`, ada).send({ keyValue: REFUSED_KEY })).status).toBe(422);
    const changed = await api.send('put', `/api/v1/api-keys/${key.id}`, ada).send({ keyValue: `sk-ant-api03-canary-new-${'n'.repeat(16)}-NEW4` });
    expect(changed.body).toMatchObject({ keyPreview: 'sk-ant-…NEW4', status: 'valid' });
    const [after] = await query<{ c: Buffer; f: Buffer }>('SELECT key_ciphertext AS c, key_fingerprint AS f FROM api_keys WHERE id = $1', [key.id]);
    expect([before?.c.equals(after?.c ?? Buffer.alloc(0)), before?.f.equals(after?.f ?? Buffer.alloc(0))]).toEqual([false, false]);
    const taken = await api.send('put', `/api/v1/api-keys/${(await saved()).id}`, ada).send({ keyValue: `sk-ant-api03-canary-new-${'n'.repeat(16)}-NEW4`, verify: false });
    expect([taken.status, faults(taken)]).toEqual([409, ['/keyValue duplicate']]);
    expect(JSON.stringify(await query('SELECT action, changes FROM audit_logs WHERE target_id = $1', [key.id]))).toMatch(/api_key\.rotated(?!.*canary)/);
  });

  it('wipes the text of a deleted key and keeps its row and its usage', async () => {
    const key = await saved({ isDefault: true, verify: true });
    expect((await api.send('delete', `/api/v1/api-keys/${key.id}`, ada)).status).toBe(204);
    expect(await query('SELECT key_ciphertext, is_default, deleted_at IS NOT NULL AS gone FROM api_keys WHERE id = $1', [key.id])).toEqual([{ key_ciphertext: null, is_default: false, gone: true }]);
    for (const call of [get(`/api/v1/api-keys/${key.id}`), api.send('put', `/api/v1/api-keys/${key.id}`, ada).send({}), api.send('delete', `/api/v1/api-keys/${key.id}`, ada), post({}, ada, `/api/v1/api-keys/${key.id}/test`), get(`/api/v1/api-keys/${key.id}/usage`)]) {
      expect((await call).status).toBe(404);
    }
    expect((await query<{ n: string }>('SELECT count(*) AS n FROM api_key_usage_logs WHERE api_key_id = $1', [key.id]))[0]?.n).toBe('1');
  });

  it('is for who saved it and for admins, and never for another organization', async () => {
    const key = await saved();
    for (const call of [get(`/api/v1/api-keys/${key.id}`, grace), api.send('put', `/api/v1/api-keys/${key.id}`, grace).send({ name: 'mine' }), api.send('delete', `/api/v1/api-keys/${key.id}`, grace), post({}, grace, `/api/v1/api-keys/${key.id}/test`), get(`/api/v1/api-keys/${key.id}/usage`, grace)]) {
      expect((await call).status).toBe(404);
    }
    await query(`INSERT INTO organization_members (organization_id, user_id, role) VALUES ($1, $2, 'member')`, [ada.organizationId, grace.userId]);
    try {
      const asMember = (method: 'get' | 'put' | 'delete') => api.send(method, `/api/v1/api-keys/${key.id}`, grace).set('X-Organization-Id', ada.organizationId);
      expect([(await asMember('get')).status, (await asMember('put').send({ name: 'x' })).status, (await asMember('delete')).status]).toEqual([200, 403, 403]);
    } finally {
      await query('DELETE FROM organization_members WHERE organization_id = $1 AND user_id = $2', [ada.organizationId, grace.userId]);
    }
  });
});

describe('lists', () => {
  it('pages through keys and filters by provider', async () => {
    const lin = await api.signUp();
    const ids = [];
    for (let n = 0; n < 5; n++) ids.push((await saved({}, lin)).id);
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page: { data: Key[]; nextCursor: string | null } = (await get(`/api/v1/api-keys?limit=2${cursor === null ? '' : `&cursor=${cursor}`}`, lin)).body as { data: Key[]; nextCursor: string | null };
      seen.push(...page.data.map(({ id }) => id));
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(seen).toEqual([...ids].reverse());
    expect(((await get('/api/v1/api-keys?provider=openai', lin)).body as { data: Key[] }).data).toEqual([]);
    expect((await get('/api/v1/api-keys?provider=%27')).status).toBe(400);
  });

  it('names the providers and what they want', async () => {
    const answer = await get('/api/v1/api-keys/providers');
    const rows = (answer.body as { data: Record<string, unknown>[] }).data;
    expect(rows.map((row) => row['provider'])).toEqual(['anthropic', 'openai', 'google', 'custom']);
    expect(rows[0]).toMatchObject({ keyPrefix: 'sk-ant-', optionalFields: ['baseUrl'], requiredFields: [] });
    expect(rows[3]).toMatchObject({ requiredFields: ['baseUrl'], optionalFields: [] });
    expect((await get('/api/v1/api-keys/providers').set('If-None-Match', answer.headers['etag'] ?? '')).status).toBe(304);
    expect(((await get('/api/v1/api-keys/providers?category=search')).body as { data: [] }).data).toEqual([]);
  });

  it('sums what was done with keys, by day and by model', async () => {
    const lin = await api.signUp();
    const [one, two] = [await saved({ verify: true }, lin), await saved({ verify: true }, lin)];
    peer.fault({ status: 529, times: 1 });
    await post({}, lin, `/api/v1/api-keys/${one.id}/test`);
    const all = (await get('/api/v1/api-keys/usage?days=7', lin)).body as { daily: { date: string; requests: number }[]; models: object[]; totalTokens: number; totalCostUsd: string };
    expect(all).toMatchObject({ totalRequests: 3, successfulRequests: 2, failedRequests: 1, models: [{ provider: 'anthropic', model: 'claude-haiku-5-5', requests: 3, successfulRequests: 2 }] });
    expect(all.daily).toHaveLength(7);
    expect(all.daily.at(-1)).toMatchObject({ date: new Date().toISOString().slice(0, 10), requests: 3 });
    expect(all.totalTokens).toBeGreaterThan(2);
    expect(all.totalCostUsd).toMatch(/^0\.0000\d+$/);
    expect((await get(`/api/v1/api-keys/${two.id}/usage`, lin)).body).toMatchObject({ totalRequests: 1, failedRequests: 0 });
    expect((await get('/api/v1/api-keys/usage', grace)).body).not.toMatchObject({ totalRequests: 3 });
    for (const days of ['0', '366', 'x', '1.5']) expect((await get(`/api/v1/api-keys/usage?days=${days}`)).status).toBe(400);
    await query(`UPDATE api_key_usage_logs SET created_at = created_at - interval '3 days' WHERE api_key_id = $1`, [two.id]);
    const later = (await get('/api/v1/api-keys/usage?days=4', lin)).body as { daily: { requests: number }[] };
    expect(later.daily.map(({ requests }) => requests)).toEqual([1, 0, 0, 2]);
    expect((await get('/api/v1/api-keys/usage?days=3', lin)).body).toMatchObject({ totalRequests: 2 });
  });
});
