import { type SignedIn, TestApi } from '../testing/test-api';

interface Model {
  id: string;
  name: string;
  provider: string;
  available: boolean;
  unavailableReason: string | null;
  pricing: Record<string, unknown> | null;
  [field: string]: unknown;
}

let api: TestApi;
let ada: SignedIn;
beforeAll(async () => {
  api = await TestApi.start();
  ada = await api.signUp();
}, 60_000);
afterAll(() => api.close());

const list = async (query = '') => ((await api.send('get', `/api/v1/models${query}`, ada)).body as { data: Model[] }).data;

it('says for each model whether it can be used, and why not', async () => {
  const models = await list();
  const anthropic = models.filter((model) => model.provider === 'anthropic');
  expect(anthropic.some((model) => model.available)).toBe(true);
  expect(new Set(models.filter((model) => model.provider === 'openai').map((model) => model.unavailableReason))).toEqual(new Set(['no_key']));
  expect(anthropic.filter((model) => model['minTier'] === 'pro' && model['lifecycle'] !== 'retired').map((model) => model.unavailableReason)).toContain('plan');
  expect(models.every((model) => model.available === (model.unavailableReason === null))).toBe(true);
  expect((await list('?available=true')).length + (await list('?available=false')).length).toBe(models.length);
  expect(new Set((await list('?provider=openai')).map((model) => model.provider))).toEqual(new Set(['openai']));
});

it('a key of the organization opens a provider, for it alone', async () => {
  await api.database.dataSource.query(
    `INSERT INTO api_keys (id, organization_id, user_id, provider, name, key_ciphertext, key_fingerprint, key_last4) VALUES (gen_random_uuid(), $1, $2, 'openai', 'mine', '\\x01', sha256('x'), 'abcd')`,
    [ada.organizationId, ada.userId],
  );
  expect((await list('?provider=openai')).map((model) => model.unavailableReason)).not.toContain('no_key');
  const grace = await api.signUp();
  const hers = (await api.send('get', '/api/v1/models?provider=openai', grace)).body as { data: Model[] };
  expect(new Set(hers.data.map((model) => model.unavailableReason))).toEqual(new Set(['no_key']));
});

it('shows the price in force and the next one', async () => {
  const [model] = await list('?available=true');
  if (!model) throw new Error('no model');
  await api.database.dataSource.query(
    `INSERT INTO ai_model_prices (id, model_id, min_prompt_tokens, effective_from, input_umtok, output_umtok, cache_read_umtok, cache_write_short_umtok, cache_write_long_umtok)
     VALUES (gen_random_uuid(), $1, 0, now() - interval '1 minute', 1250000, 10000000, 125000, 5000, 0), (gen_random_uuid(), $1, 200000, now() - interval '1 minute', 2500000, 15000000, 250000, 0, 0),
            (gen_random_uuid(), $1, 0, now() + interval '1 day', 1000000, 1, 0, 0, 0)`,
    [model.id],
  );
  // One statement, one time: now() is the transaction's.
  const { pricing } = (await api.send('get', `/api/v1/models/${model.name}`, ada)).body as Model;
  expect(pricing).toMatchObject({
    currency: 'usd', unit: '1M tokens', input: '1.25', output: '10', cacheRead: '0.125', cacheWriteShort: '0.005', cacheWriteLong: '0',
    tiers: [{ minPromptTokens: 0, input: '1.25' }, { minPromptTokens: 200_000, input: '2.5' }],
    nextChange: { input: '1', output: '0.000001', tiers: [{ minPromptTokens: 0 }] },
  });
});

it('is found by id and by name, kept for a minute, and compared by tag', async () => {
  const [model] = await list();
  for (const key of [model?.id, model?.name]) {
    const answer = await api.send('get', `/api/v1/models/${String(key)}`, ada);
    expect(answer.body).toMatchObject({ id: model?.id, usage30d: { calls: 0, costUsd: '0', credits: 0 } });
    expect(answer.headers['cache-control']).toBe('private, max-age=60');
    expect((await api.send('get', `/api/v1/models/${String(key)}`, ada).set('If-None-Match', answer.headers['etag'] ?? '')).status).toBe(304);
  }
  const all = await api.send('get', '/api/v1/models', ada);
  const again = await api.send('get', '/api/v1/models', ada).set('If-None-Match', all.headers['etag'] ?? '');
  expect([again.status, again.text]).toEqual([304, '']);
  expect((await api.send('get', '/api/v1/models/nothing', ada)).status).toBe(404);
});

it('is read with a personal access token, whatever its scopes; a test takes a person', async () => {
  const made = await api.send('post', '/api/v1/auth/tokens', ada).send({ name: 'script', scopes: ['tasks:write'] });
  const script = { accessToken: (made.body as { token: string }).token };
  expect((await api.send('get', '/api/v1/models', script)).body).toEqual({ data: await list(), nextCursor: null });
  expect((await api.send('get', '/api/v1/models/claude-sonnet-5-5', script)).status).toBe(200);
  expect((await api.send('post', '/api/v1/models/test', script).send({ model: 'claude-sonnet-5-5' })).body).toMatchObject({ status: 403, code: 'insufficient_scope' });
});
