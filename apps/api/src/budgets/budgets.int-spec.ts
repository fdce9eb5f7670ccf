import { aGitRepo, anApiKey, aTask } from '@app/domain/testing';
import { BillingHouse } from '@app/billing/testing';
import { type SignedIn, TestApi } from '../testing/test-api';

const BASE = '/api/v1/budgets';

let api: TestApi;
let house: BillingHouse;
let ada: SignedIn;
let eve: SignedIn;
beforeAll(async () => {
  api = await TestApi.start();
  house = new BillingHouse(api.database.dataSource);
  eve = await api.signUp();
}, 60_000);
beforeEach(async () => {
  ada = await api.signUp();
});
afterAll(() => api.close());

async function made(body: object, as = ada): Promise<{ id: string }> {
  const answer = await api.send('post', BASE, as).send(body);
  expect({ status: answer.status, text: answer.status === 201 ? '' : answer.text }).toEqual({ status: 201, text: '' });
  return answer.body as { id: string };
}

async function spent(credits: bigint): Promise<void> {
  const { organizationId, userId } = ada;
  const repository = await aGitRepo(api.database.dataSource, { organizationId });
  const { task, attempt } = await aTask(api.database.dataSource, { organizationId, userId, repositoryId: repository.id, status: 'in_progress' });
  const call = { attemptId: attempt.id, callSeq: 1 };
  await house.hold({ organizationId, taskId: task.id, attemptId: attempt.id }, 1, credits);
  await house.work.run(async (tx) => {
    const { chargedMicro } = await house.ledger.settle(tx, call, { micro: credits, nusd: credits * 10n });
    await house.usage.record(tx, {
      organizationId, userId, apiKeyId: null, taskId: task.id, ...call, purpose: 'agent', provider: 'anthropic', providerModelId: 'm', modelId: null, priceId: null, outcome: 'ok',
      tokens: { input: 9, cacheRead: 0, cacheWriteShort: 0, cacheWriteLong: 0, output: 1, reasoning: 0 }, isEstimated: false, costNusd: credits * 10n, creditsMicro: chargedMicro, latencyMs: 1, ttftMs: 1, rawUsage: null,
    });
  });
}

it('is made, read, listed, changed and deleted, and each write leaves an audit row', async () => {
  const answer = await api.send('post', BASE, ada).send({ scope: 'organization', period: 'month', limit: 12.5 });
  expect(answer.body).toMatchObject({ scope: 'organization', userId: null, measure: 'credits', period: 'month', limit: 12.5, alertPercents: [80, 90, 100], isActive: true, current: { used: 0, held: 0 } });
  const { id } = answer.body as { id: string };
  expect(answer.headers['location']).toBe(`${BASE}/${id}`);
  const read = await api.send('get', `${BASE}/${id}`, ada);
  expect([read.body, read.headers['etag']]).toEqual([answer.body, answer.headers['etag']]);
  expect((await api.send('put', `${BASE}/${id}`, ada).set('If-Match', '"old"').send({ limit: 1 })).status).toBe(412);
  const changed = await api.send('patch', `${BASE}/${id}`, ada).set('If-Match', read.headers['etag'] ?? '').send({ limit: 20, alertPercents: [50], isActive: false });
  expect(changed.body).toMatchObject({ limit: 20, alertPercents: [50], isActive: false });
  expect((await api.send('get', `${BASE}?scope=organization`, ada).send()).body).toEqual({ data: [changed.body], nextCursor: null });
  expect((await api.send('get', `${BASE}?scope=user`, ada).send()).body).toEqual({ data: [], nextCursor: null });
  expect((await api.send('delete', `${BASE}/${id}`, ada)).status).toBe(204);
  expect((await api.send('get', `${BASE}/${id}`, ada)).status).toBe(404);
  const rows = await api.database.dataSource.query<{ action: string }[]>(`SELECT action FROM audit_logs WHERE organization_id = $1 AND target_type = 'budget' ORDER BY id`, [ada.organizationId]);
  expect(rows.map(({ action }) => action)).toEqual(['budget.created', 'budget.updated', 'budget.deleted']);
});

it('counts what was spent in the running period before it was made, and shows its periods', async () => {
  await spent(3_000_000n);
  const credits = await made({ scope: 'user', userId: ada.userId, period: 'day', limit: 10 });
  const cost = await made({ scope: 'organization', measure: 'cost', period: 'month', limit: '1.5' });
  const total = await made({ scope: 'organization', period: 'total', limit: 0 });
  expect((await api.send('get', `${BASE}/${credits.id}`, ada)).body).toMatchObject({ current: { used: 3, held: 0 } });
  expect((await api.send('get', `${BASE}/${cost.id}`, ada)).body).toMatchObject({ limit: '1.5', current: { used: '0.03', held: '0' } });
  expect((await api.send('get', `${BASE}/${total.id}`, ada)).body).toMatchObject({ limit: 0, current: { periodStart: '1970-01-01', used: 0, held: 0 } });
  const periods = await api.send('get', `${BASE}/${credits.id}/periods`, ada);
  expect(periods.body).toEqual({ data: [{ periodStart: new Date().toISOString().slice(0, 10), used: 3, held: 0, limit: 10, alertedPercent: 0 }], nextCursor: null });
});

it('is one of its kind', async () => {
  await made({ scope: 'organization', period: 'month', limit: 5 });
  const again = await api.send('post', BASE, ada).send({ scope: 'organization', period: 'month', limit: 6 });
  expect([again.status, again.body]).toMatchObject([409, { code: 'budget_duplicate' }]);
  await made({ scope: 'organization', period: 'day', limit: 6 });
});

it('is made once by a repeated request', async () => {
  const send = () => api.send('post', BASE, ada).set('Idempotency-Key', 'make-it').send({ scope: 'organization', period: 'day', limit: 5 });
  const [first, second] = [await send(), await send()];
  expect([second.status, second.text, second.headers['idempotency-replayed']]).toEqual([201, first.text, 'true']);
});

describe('refuses', () => {
  const key = { scope: 'api_key', period: 'day' };
  it.each([
    [{ scope: 'organization', period: 'week', limit: 5 }, '/period'],
    [{ scope: 'organization', period: 'day', limit: -1 }, '/limit'],
    [{ scope: 'organization', period: 'day', limit: 0.0000001 }, '/limit'],
    [{ scope: 'organization', period: 'day', limit: '5' }, '/limit'],
    [{ scope: 'organization', measure: 'cost', period: 'day', limit: 5 }, '/limit'],
    [{ scope: 'organization', period: 'day', limit: 5, alertPercents: [0] }, '/alertPercents/0'],
    [{ scope: 'organization', period: 'day', limit: 5, alertPercents: [50, 50] }, '/alertPercents'],
    [{ scope: 'user', period: 'day', limit: 5 }, '/userId'],
    [{ scope: 'organization', userId: '0199e2a4-6b1c-7c3e-9a55-2f6d1c0e4b7a', period: 'day', limit: 5 }, '/userId'],
    [{ ...key, apiKeyId: '0199e2a4-6b1c-7c3e-9a55-2f6d1c0e4b7a', measure: 'credits', limit: 5 }, '/measure'],
  ])('%j', async (body, pointer) => {
    const answer = await api.send('post', BASE, ada).send(body);
    expect([answer.status, answer.body]).toMatchObject([422, { code: 'validation_failed' }]);
    expect((answer.body as { errors: { pointer: string }[] }).errors[0]!.pointer).toContain(pointer.replace('/0', ''));
  });

  it('what is of others, as if it were not there', async () => {
    const repository = await aGitRepo(api.database.dataSource, { organizationId: eve.organizationId });
    const apiKey = await anApiKey(api.database.dataSource, { organizationId: eve.organizationId, userId: eve.userId });
    for (const target of [{ scope: 'user', userId: eve.userId }, { scope: 'repository', repositoryId: repository.id }, { scope: 'automation', automationId: repository.id }]) {
      expect((await api.send('post', BASE, ada).send({ ...target, period: 'day', limit: 5 })).status).toBe(404);
    }
    expect((await api.send('post', BASE, ada).send({ ...key, apiKeyId: apiKey.id, limit: '5' })).status).toBe(404);
    const hers = await made({ scope: 'organization', period: 'total', limit: 5 }, eve);
    expect((await api.send('patch', `${BASE}/${hers.id}`, ada).send({ limit: 1 })).status).toBe(404);
  });
});
