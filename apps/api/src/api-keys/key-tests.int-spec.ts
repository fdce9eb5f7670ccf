import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startLlmPeer, type LlmPeer } from '../../../../test/support/llm-peer';
import { type SignedIn, TestApi } from '../testing/test-api';

const KEY = `sk-ant-api03-${'t'.repeat(24)}`;

let api: TestApi;
let peer: LlmPeer;
let ada: SignedIn;
let count = 0;

beforeAll(async () => {
  peer = await startLlmPeer();
  api = await TestApi.start({ ANTHROPIC_BASE_URL: peer.url, ANTHROPIC_API_KEY: 'sk-ant-platform-key' });
  ada = await api.signUp();
}, 60_000);
beforeEach(() => {
  peer.reset();
  peer.script({ turns: [{ text: 'OK' }] });
});
afterAll(async () => {
  await api.close();
  await peer.stop();
});

const post = (path: string, body: object = {}, who = ada) => api.send('post', `/api/v1${path}`, who).send(body);
const saved = async (values: object = {}, who = ada): Promise<string> => {
  const answer = await post('/api-keys', { provider: 'anthropic', name: `key ${++count}`, keyValue: `sk-ant-api03-${'k'.repeat(24)}-${++count}`, verify: false, ...values }, who);
  if (answer.status !== 201) throw new Error(answer.text);
  return (answer.body as { id: string }).id;
};
const query = <Row>(sql: string, parameters: unknown[] = []): Promise<Row[]> => api.database.dataSource.query<Row[]>(sql, parameters);
const problem = (answer: { status: number; body: unknown }) => {
  const { code, errors } = answer.body as { code: string; errors?: { pointer: string }[] };
  return [answer.status, code, errors?.[0]?.pointer ?? null];
};

describe('POST /models/test', () => {
  it('calls a model on the platform\'s credential, and charges nothing', async () => {
    const answer = await post('/models/test', { model: 'claude-sonnet-5-5' });
    expect([answer.status, answer.body]).toMatchObject([200, { ok: true, model: 'claude-sonnet-5-5', provider: 'anthropic', apiKeyId: null, error: null, usage: { outputTokens: 1 } }]);
    const { costUsd, latencyMs, ttftMs, requestId } = answer.body as { costUsd: string; latencyMs: number; ttftMs: number; requestId: string };
    expect([/^0\.0000\d+$/.test(costUsd), ttftMs <= latencyMs, requestId !== '']).toEqual([true, true, true]);
    const [row] = await query<Record<string, unknown>>(`SELECT purpose, api_key_id, credits_micro, metadata FROM api_key_usage_logs WHERE organization_id = $1 AND purpose = 'model_test'`, [ada.organizationId]);
    expect(row).toEqual({ purpose: 'model_test', api_key_id: null, credits_micro: '0', metadata: {} });
    expect((await query<{ n: string }>(`SELECT count(*) AS n FROM credit_transactions WHERE organization_id = $1 AND type = 'usage'`, [ada.organizationId]))[0]?.n).toBe('0');
  });

  it('calls it on a saved key, which counts as its use', async () => {
    const apiKeyId = await saved();
    expect((await post('/models/test', { model: 'claude-sonnet-5-5', apiKeyId })).body).toMatchObject({ ok: true, apiKeyId });
    expect((await api.send('get', `/api/v1/api-keys/${apiKeyId}`, ada)).body).toMatchObject({ usageCount: 1, status: 'valid', lastUsedAt: expect.stringContaining('T') as string });
  });

  it('tries a key that is not saved, at its own address', async () => {
    const answer = await post('/models/test', { provider: 'anthropic', keyValue: 'gateway-key-sk-1', baseUrl: peer.url });
    expect(answer.body).toMatchObject({ ok: false, error: { kind: 'auth' } });
    expect((await post('/models/test', { provider: 'anthropic', keyValue: KEY, baseUrl: `${peer.url}/` })).body).toMatchObject({ ok: true, apiKeyId: null });
    const rows = await query<{ metadata: object }>(`SELECT metadata FROM api_key_usage_logs WHERE organization_id = $1 AND metadata <> '{}'`, [ada.organizationId]);
    expect(rows).toEqual([{ metadata: { credential: 'given' } }, { metadata: { credential: 'given' } }]);
    expect(await query('SELECT 1 FROM api_keys WHERE key_last4 = $1', [KEY.slice(-4)])).toEqual([]);
  });

  it.each([
    ['openai', `sk-proj-${'o'.repeat(24)}`, '/v1', 'gpt-6-luna'],
    ['google', `AIza${'g'.repeat(35)}`, '', 'gemini-3.5-flash-lite'],
  ])('tries a key for %s with its cheapest model, over its own wire', async (provider, keyValue, path, model) => {
    const answer = await post('/models/test', { provider, keyValue, baseUrl: `${peer.url}${path}` });
    expect([answer.status, answer.body]).toMatchObject([200, { ok: true, provider, model, error: null, usage: { outputTokens: 1 } }]);
    expect((await post('/models/test', { provider, keyValue: `${keyValue}-invalid`, baseUrl: `${peer.url}${path}` })).body).toMatchObject({ ok: false, error: { kind: 'auth' } });
    expect(peer.requests().map(({ wire }) => wire)).toEqual([provider === 'openai' ? 'openai-responses' : 'google', provider === 'openai' ? 'openai-responses' : 'google']);
  });

  it.each<[object, string]>([
    [{ status: 401 }, 'auth'],
    [{ status: 404 }, 'not_found'],
    [{ status: 429 }, 'rate_limit'],
    [{ status: 529 }, 'overloaded'],
    [{ status: 402 }, 'quota'],
    [{ status: 302, headers: { location: 'http://127.0.0.1:9/' } }, 'bad_request'],
    [{ cutAfter: 0 }, 'network'],
    [{ cutAfter: 2 }, 'stream_cut'],
  ])('says in words what is wrong: %j', async (fault, kind) => {
    peer.fault(fault);
    const answer = await post('/models/test', { model: 'claude-sonnet-5-5' });
    expect([answer.status, answer.body]).toMatchObject([200, { ok: false, error: { kind, message: expect.stringMatching(/^Anthropic [a-z]/) as string } }]);
  });

  it('gives up after a while', async () => {
    peer.fault({ delayMs: 40_000 });
    const answer = await post('/models/test', { model: 'claude-sonnet-5-5' });
    expect(problem(answer)).toEqual([504, 'provider_timeout', null]);
    expect(await query(`SELECT outcome FROM api_key_usage_logs WHERE organization_id = $1 AND outcome = 'timeout'`, [ada.organizationId])).toHaveLength(1);
  }, 40_000);

  it.each<[object, (string | number | null)[]]>([
    [{}, [422, 'validation_failed', '/model']],
    [{ model: 'nothing' }, [422, 'invalid_model', '/model']],
    [{ model: 'gpt-6.1-terra' }, [422, 'model_unavailable', '/model']],
    [{ model: 'claude-opus-5-5' }, [403, 'plan_limit_model', '/model']],
    [{ model: 'claude-sonnet-5-5', keyValue: KEY }, [422, 'validation_failed', '/keyValue']],
    [{ model: 'claude-sonnet-5-5', provider: 'anthropic' }, [422, 'validation_failed', '/provider']],
    [{ provider: 'anthropic' }, [422, 'validation_failed', '/keyValue']],
    [{ keyValue: KEY }, [422, 'validation_failed', '/model']],
    [{ provider: 'anthropic', keyValue: KEY, apiKeyId: '019a0e6a-7b1c-7c3e-9a55-2f6d1c0e4b7a' }, [422, 'validation_failed', '/apiKeyId']],
    [{ model: 'claude-sonnet-5-5', apiKeyId: '019a0e6a-7b1c-7c3e-9a55-2f6d1c0e4b7a' }, [404, 'not_found', null]],
    [{ provider: 'anthropic', keyValue: KEY, baseUrl: 'https://10.0.0.1/' }, [422, 'unsafe_url', '/baseUrl']],
  ])('refuses %j', async (body, expected) => {
    expect(problem(await post('/models/test', body))).toEqual(expected);
    expect(peer.requests()).toEqual([]);
  });

  it('takes only keys that can be used, of the model\'s provider, of the organization', async () => {
    const grace = await api.signUp();
    const foreign = await saved({}, grace);
    const off = await saved();
    await api.send('put', `/api/v1/api-keys/${off}`, ada).send({ isActive: false });
    const openai = await saved({ provider: 'openai', keyValue: `sk-proj-${'x'.repeat(24)}` });
    const test = async (apiKeyId: string) => problem(await post('/models/test', { model: 'claude-sonnet-5-5', apiKeyId }));
    expect([await test(foreign), await test(off), await test(openai)]).toEqual([[404, 'not_found', null], [422, 'validation_failed', '/apiKeyId'], [422, 'validation_failed', '/apiKeyId']]);
    expect(peer.requests()).toEqual([]);
  });
});

describe('tests of keys', () => {
  it('judges a saved key', async () => {
    const id = await saved({ verify: true });
    peer.fault({ status: 401, message: `invalid x-api-key sk-ant-api03-${'k'.repeat(24)}-quoted` });
    const refused = await post(`/api-keys/${id}/test`);
    expect(refused.body).toMatchObject({ valid: false, costUsd: '0', error: { kind: 'auth' } });
    expect(refused.text).not.toContain('kkkk');
    const key = async () => (await api.send('get', `/api/v1/api-keys/${id}`, ada)).body as object;
    expect(await key()).toMatchObject({ status: 'invalid', lastError: expect.stringContaining('does not accept') as string });
    peer.fault({ status: 529 });
    await post(`/api-keys/${id}/test`);
    expect(await key()).toMatchObject({ status: 'invalid', lastError: expect.stringContaining('overloaded') as string });
    expect((await post(`/api-keys/${id}/test`)).body).toMatchObject({ valid: true, model: 'claude-haiku-5-5', error: null });
    expect(await key()).toMatchObject({ status: 'valid', lastError: null, usageCount: 4 });
    expect(await query(`SELECT changes FROM audit_logs WHERE target_id = $1 AND action = 'api_key.tested' ORDER BY id`, [id])).toHaveLength(3);
  });

  it('tries a key without saving it', async () => {
    expect((await post('/api-keys/test', { provider: 'anthropic', keyValue: KEY })).body).toMatchObject({ valid: true, error: null });
    expect((await post('/api-keys/test', { provider: 'anthropic', keyValue: 'sk-ant-invalid-0123456789abcdef' })).body).toMatchObject({ valid: false, error: { kind: 'auth' } });
    expect(problem(await post('/api-keys/test', { provider: 'anthropic', keyValue: 'sk-proj-wrong-vendor-0123456789' }))).toEqual([422, 'validation_failed', '/keyValue']);
    expect(problem(await post('/api-keys/test', { provider: 'custom', keyValue: KEY }))).toEqual([422, 'validation_failed', '/baseUrl']);
  });

  it('fails closed when sealed texts change places, and says so', async () => {
    const grace = await api.signUp();
    const [one, two, three] = [await saved(), await saved(), await saved({}, grace)];
    const sealed = async (id: string) => (await query<{ c: Buffer; f: Buffer; v: number }>('SELECT key_ciphertext AS c, key_fingerprint AS f, key_version AS v FROM api_keys WHERE id = $1', [id]))[0];
    const put = async (id: string, from: Awaited<ReturnType<typeof sealed>>) => query('UPDATE api_keys SET key_ciphertext = $2 WHERE id = $1', [id, from?.c]);
    const [a, b, c] = [await sealed(one), await sealed(two), await sealed(three)];
    await put(one, b);
    await put(two, c);
    await put(three, a);
    const flipped = Buffer.from(a?.c ?? []);
    for (const [id, who] of [[one, ada], [two, ada], [three, grace]] as const) {
      expect(problem(await post(`/api-keys/${id}/test`, {}, who))).toEqual([409, 'api_key_unreadable', null]);
      expect(problem(await post('/models/test', { model: 'claude-sonnet-5-5', apiKeyId: id }, who))).toEqual([409, 'api_key_unreadable', null]);
    }
    for (let bit = 0; bit < flipped.length * 8; bit += 17) {
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      await query('UPDATE api_keys SET key_ciphertext = $2 WHERE id = $1', [one, flipped]);
      expect((await post(`/api-keys/${one}/test`)).status).toBe(409);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    }
    expect(peer.requests()).toEqual([]);
    // Another provider of the same row is another place, too.
    await put(one, a);
    await query(`UPDATE api_keys SET provider = 'openai' WHERE id = $1`, [one]);
    expect((await post(`/api-keys/${one}/test`)).status).toBe(409);
    await query(`UPDATE api_keys SET provider = 'anthropic' WHERE id = $1`, [one]);
    expect((await post(`/api-keys/${one}/test`)).body).toMatchObject({ valid: true });
    // Saving the key again mends it.
    expect((await api.send('put', `/api/v1/api-keys/${two}`, ada).send({ keyValue: `sk-ant-api03-${'m'.repeat(24)}` })).status).toBe(200);
    expect((await post(`/api-keys/${two}/test`)).body).toMatchObject({ valid: true });
  });
});

describe('a compatible server of the customer\'s', () => {
  let server: Server;
  let url: string;
  let seen: (string | undefined)[];
  let answer: { status: number; body: string; headers?: Record<string, string> };
  beforeAll(async () => {
    server = createServer((request, response) => {
      seen.push(`${request.url} ${request.headers.authorization}`);
      // It speaks Chat Completions only.
      const status = request.url?.endsWith('/responses') ? 404 : answer.status;
      response.writeHead(status, { 'content-type': 'application/json', ...answer.headers });
      response.end(answer.body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  });
  beforeEach(() => {
    seen = [];
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  const test = async () => (await post('/api-keys/test', { provider: 'custom', keyValue: 'my-own-gateway-key', baseUrl: url })).body as { valid: boolean; error: { kind: string; message: string } | null };

  it('is asked for its models', async () => {
    answer = { status: 200, body: '{"data":[]}' };
    expect(await test()).toMatchObject({ valid: true, model: null, costUsd: '0' });
    expect(seen).toEqual(['/v1/models Bearer my-own-gateway-key']);
    const id = await saved({ provider: 'custom', keyValue: 'my-own-gateway-key', baseUrl: `${url}/`, verify: true });
    expect((await api.send('get', `/api/v1/api-keys/${id}`, ada)).body).toMatchObject({ status: 'valid', baseUrl: url, keyPreview: '…-key' });
  });

  it.each<[number, string, string, string | RegExp]>([
    [401, '{"error":{"message":"bad key my-own-gateway-key"}}', 'auth', /bad key \[secret\]$/],
    [500, 'boom', 'server', /HTTP 500/],
    [200, '<html>', 'bad_request', /not with a list/],
    [302, '', 'bad_request', /HTTP 302/],
    [429, '{"message":"slow down"}', 'rate_limit', /slow down/],
    [400, '{"message":"a\\u0000\\u001b[31mb\\ud800c"}', 'bad_request', /: a \[31mb c$/],
  ])('is understood when it answers %i %s', async (status, body, kind, words) => {
    answer = { status, body, headers: { location: 'http://127.0.0.1:9/' } };
    expect(await test()).toMatchObject({ valid: false, error: { kind, message: expect.stringMatching(words) as string } });
    expect(seen).toHaveLength(1);
  });

  it.each([
    ['{"prompt_tokens":-5,"completion_tokens":1e300}', 0, 1_000_000_000],
    ['{"prompt_tokens":9,"completion_tokens":"7","completion_tokens_details":{"reasoning_tokens":900}}', 9, 0],
    ['{}', 0, 0],
  ])('may count tokens as it likes: %s', async (usage, inputTokens, outputTokens) => {
    answer = { status: 200, headers: { 'content-type': 'text/event-stream' }, body: `data: {"id":"x","choices":[{"index":0,"delta":{"content":"OK"},"finish_reason":"stop"}],"usage":${usage}}\n\ndata: [DONE]\n\n` };
    const tried = await post('/models/test', { provider: 'openai', keyValue: 'my-own-gateway-key', baseUrl: url });
    expect([tried.status, tried.body]).toMatchObject([200, { ok: true, usage: { inputTokens, outputTokens } }]);
  });
});
