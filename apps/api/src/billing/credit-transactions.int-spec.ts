import { aGitRepo, aModel, aTask } from '@app/domain/testing';
import { BillingHouse } from '@app/billing/testing';
import { type SignedIn, TestApi } from '../testing/test-api';

const C = 1_000_000n;

let api: TestApi;
let house: BillingHouse;
let ada: SignedIn;
let eve: SignedIn;
let taskId: string;
let repositoryId: string;
let modelId: string;
beforeAll(async () => {
  api = await TestApi.start();
  house = new BillingHouse(api.database.dataSource);
  [ada, eve] = [await api.signUp(), await api.signUp()];
  const { organizationId, userId } = ada;
  await house.work.run((tx) => house.bonus(tx, organizationId, 10n * C, { key: 'gift', description: '=1+1, or "more"' }));
  const db = api.database.dataSource;
  repositoryId = (await aGitRepo(db, { organizationId })).id;
  modelId = (await aModel(db)).model.id;
  const { task, attempt } = await aTask(db, { organizationId, userId, repositoryId, status: 'in_progress' });
  taskId = task.id;
  for (const callSeq of [1, 2]) {
    await house.hold({ organizationId, taskId, attemptId: attempt.id }, callSeq, 3n * C);
    await house.work.run(async (tx) => {
      const { chargedMicro } = await house.ledger.settle(tx, { attemptId: attempt.id, callSeq }, { micro: 2n * C, nusd: 20n * C });
      await house.usage.record(tx, {
        organizationId, userId, apiKeyId: null, taskId, attemptId: attempt.id, callSeq, purpose: 'agent', provider: 'anthropic', providerModelId: 'm', modelId, priceId: null, outcome: 'ok',
        tokens: { input: 9, cacheRead: 1, cacheWriteShort: 2, cacheWriteLong: 3, output: 5, reasoning: 4 }, isEstimated: false, costNusd: 20n * C, creditsMicro: chargedMicro, latencyMs: 1, ttftMs: 1, rawUsage: null,
      });
    });
  }
}, 60_000);
afterAll(() => api.close());

interface Listed {
  readonly data: { readonly seq: number; readonly type: string; readonly amount: number }[];
  readonly nextCursor: string | null;
}

const list = async (query = '', as = ada): Promise<Listed> => (await api.send('get', `/api/v1/credits/transactions${query}`, as)).body as Listed;

describe('GET /credits/transactions', () => {
  it('shows what changed the balance, the newest first, by page', async () => {
    const first = await list('?limit=3');
    expect(first.data.map(({ type, amount }) => [type, amount])).toEqual([['usage', -2], ['usage', -2], ['bonus', 10]]);
    const second = await list(`?limit=3&cursor=${first.nextCursor}`);
    expect(second.data.map(({ type, amount }) => [type, amount])).toEqual([['bonus', 100]]);
    expect(second.nextCursor).toBeNull();
    expect(first.data[0]).toMatchObject({ availableAfter: 106, availableAfterMicros: 106_000_000, heldAfter: 0, debtAfter: 0, taskId });
  });

  it('shows one kind, one task, one time', async () => {
    expect((await list('?type=hold')).data).toMatchObject([{ type: 'hold', amount: 0, heldAfter: 3 }, { type: 'hold', heldAfter: 3 }]);
    expect((await list(`?taskId=${taskId}&order=asc`)).data.map(({ type }) => type)).toEqual(['usage', 'usage']);
    expect((await list('?to=2026-01-01T00:00:00Z')).data).toEqual([]);
    expect((await list(`?from=2020-01-01T00:00:00Z&taskId=${taskId}`)).data).toHaveLength(2);
    expect((await list(`?taskId=${taskId}`, eve)).data).toEqual([]);
    expect((await api.send('get', '/api/v1/credits/transactions?type=gift', ada)).status).toBe(400);
  });

  it('is one CSV on demand, which no spreadsheet takes for formulas', async () => {
    const answer = await api.send('get', '/api/v1/credits/transactions?order=asc', ada).set('Accept', 'text/csv');
    expect(answer.headers['content-type']).toContain('text/csv');
    const lines = answer.text.trimEnd().split('\r\n');
    expect(lines[0]).toBe('seq,created_at,type,amount,available_after,held_after,debt_after,task_id,description,id');
    expect(lines).toHaveLength(5);
    expect(lines[2]).toContain(`,bonus,10,110,0,0,,"'=1+1, or ""more""",`);
    expect((await api.send('get', '/api/v1/credits/transactions', ada).set('Accept', 'image/png')).status).toBe(406);
  });
});

describe('GET /billing/usage', () => {
  const report = async (query: string, as = ada) => (await api.send('get', `/api/v1/billing/usage${query}`, as)).body as { rows: object[]; totals: object };
  const sums = { calls: 2, failedCalls: 0, tasks: 1, inputTokens: 18, cacheReadTokens: 2, cacheWriteTokens: 10, outputTokens: 10, reasoningTokens: 8, credits: 4, creditsMicros: 4_000_000, costUsd: '0.04' };

  it.each([['day', () => new Date().toISOString().slice(0, 10)], ['model', () => modelId], ['user', () => ada.userId], ['repository', () => repositoryId]])('groups by %s', async (groupBy, key) => {
    const { rows, totals } = await report(`?groupBy=${groupBy}`);
    expect(rows).toMatchObject([{ key: key(), ...sums }]);
    expect(totals).toEqual(sums);
  });

  it('is of the organization and the time', async () => {
    expect(await report('', eve)).toMatchObject({ rows: [], totals: { calls: 0, credits: 0, costUsd: '0' } });
    expect(await report('?from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00Z')).toMatchObject({ rows: [], truncated: false });
    expect(await report('?from=9999-12-31T10:00:00Z&to=9999-12-31T11:00:00Z')).toMatchObject({ rows: [] });
    expect((await api.send('get', '/api/v1/billing/usage?from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z', ada)).status).toBe(400);
    expect((await api.send('get', '/api/v1/billing/usage?from=2020-01-01T00:00:00Z', ada)).status).toBe(400);
  });
});

it('GET /admin/reconcile/credits explains every credit, to staff only', async () => {
  const path = '/api/v1/admin/reconcile/credits';
  expect((await api.send('get', path, ada)).status).toBe(403);
  await api.database.dataSource.query(`UPDATE users SET role = 'support' WHERE id = $1`, [eve.userId]);
  expect((await api.send('get', path, eve)).body).toMatchObject({ ok: true, unexplained: [] });
  await api.database.dataSource.query('UPDATE credit_accounts SET available_micro = available_micro + 1 WHERE organization_id = $1', [ada.organizationId]);
  const broken = (await api.send('get', path, eve)).body as { ok: boolean; unexplained: { rule: string; found: string; expected: string }[] };
  await api.database.dataSource.query('UPDATE credit_accounts SET available_micro = available_micro - 1 WHERE organization_id = $1', [ada.organizationId]);
  expect(broken.ok).toBe(false);
  expect(broken.unexplained).toContainEqual({ rule: 'cached balances are the sums of their entries', subject: `${ada.organizationId} available`, expected: '106000000', found: '106000001' });
});
