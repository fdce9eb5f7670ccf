import { BillingHouse } from '@app/billing/testing';
import { aGitRepo, aModel, aPullRequest, aTask } from '@app/domain/testing';
import { SubscriptionUsageStore, UsageFold } from '@app/domain';
import { type SignedIn, TestApi } from '../testing/test-api';

const C = 1_000_000n;
const fold = new UsageFold(new SubscriptionUsageStore());

let api: TestApi;
let house: BillingHouse;
let ada: SignedIn;
let eve: SignedIn;
let models: string[];
let repositories: string[];
/** Before anything was made: what follows may lie on this day and, around midnight, on the next. */
let first: string;

/** A task whose calls are charged as the worker does it: each call is so many credits and seconds. */
async function work(values: { mode: 'code' | 'ask'; status: 'completed' | 'failed'; model: number; repository: number; title?: string }, calls: readonly [credits: bigint, seconds: number, outcome?: 'error'][]): Promise<string> {
  const { organizationId, userId } = ada;
  const { model, repository, ...rest } = values;
  const { task, attempt } = await aTask(api.database.dataSource, { organizationId, userId, repositoryId: repositories[repository]!, aiModelId: models[model], startedAt: new Date(), ...rest });
  for (const [index, [credits, seconds, outcome]] of calls.entries()) {
    const callSeq = index + 1;
    await house.hold({ organizationId, taskId: task.id, attemptId: attempt.id }, callSeq, credits * C);
    await house.work.run(async (tx) => {
      const { chargedMicro } = await house.ledger.settle(tx, { attemptId: attempt.id, callSeq }, { micro: credits * C, nusd: credits * 10n * C });
      await house.usage.record(tx, {
        organizationId, userId, apiKeyId: null, taskId: task.id, attemptId: attempt.id, callSeq, purpose: 'agent', provider: 'anthropic', providerModelId: 'm', modelId: models[model]!, priceId: null, outcome: outcome ?? 'ok',
        tokens: { input: 100, cacheRead: 10, cacheWriteShort: 2, cacheWriteLong: 3, output: 50, reasoning: 4 }, isEstimated: false, costNusd: credits * 10n * C, creditsMicro: chargedMicro, latencyMs: seconds * 1_000, ttftMs: 1, rawUsage: null,
      });
    });
  }
  await api.database.dataSource.query(`INSERT INTO task_analytics (id, task_id, succeeded, execution_time_ms) VALUES (gen_random_uuid(), $1, $2, $3)`, [task.id, rest.status === 'completed', calls.length * 60_000]);
  return task.id;
}

beforeAll(async () => {
  first = new Date().toISOString().slice(0, 10);
  api = await TestApi.start();
  house = new BillingHouse(api.database.dataSource);
  [ada, eve] = [await api.signUp(), await api.signUp()];
  const db = api.database.dataSource;
  await house.work.run((tx) => house.bonus(tx, ada.organizationId, 100n * C, { key: 'gift' }));
  models = [(await aModel(db, { name: 'swift' })).model.id, (await aModel(db, { name: 'deep' })).model.id];
  repositories = await Promise.all([1, 2].map(async () => (await aGitRepo(db, { organizationId: ada.organizationId })).id));
  const merged = await work({ mode: 'code', status: 'completed', model: 0, repository: 0, title: '=HYPERLINK("http://evil")' }, [[1n, 2], [2n, 4]]);
  await aPullRequest(db, { repositoryId: repositories[0]!, taskId: merged, origin: 'agent', status: 'merged', mergedAt: new Date() });
  // From here on in no sum yet.
  await house.work.run((tx) => fold.fold(tx, 100));
  const closed = await work({ mode: 'code', status: 'completed', model: 1, repository: 0 }, [[5n, 60]]);
  await aPullRequest(db, { repositoryId: repositories[0]!, taskId: closed, origin: 'agent', status: 'closed' });
  await work({ mode: 'ask', status: 'failed', model: 1, repository: 1 }, [[3n, 8, 'error']]);
}, 60_000);
afterAll(() => api.close());

const get = (path: string, as: SignedIn = ada) => api.send('get', `/api/v1/analytics/${path}`, as);
const rows = async (path: string, as: SignedIn = ada) => ((await get(path, as).expect(200)).body as { rows: Record<string, unknown>[] }).rows;
const sumOf = (list: readonly object[], field: string) => list.reduce((sum, row) => sum + ((row as Record<string, unknown>)[field] as number), 0);
const byKey = async (path: string) => Object.fromEntries((await rows(path)).map((row) => [String(row.key), row]));
describe('GET /analytics/usage', () => {
  it('tells of each day, also of those without calls, and of calls that are in no sum yet', async () => {
    const { body } = (await get('usage').expect(200)) as { body: { from: string; to: string; rows: { key: string; calls: number }[]; totals: object; truncated: boolean } };
    expect(body.rows.map(({ key }) => key)).toEqual(Array.from({ length: 30 }, (_, n) => new Date(Date.parse(body.to) - (29 - n) * 86_400_000).toISOString().slice(0, 10)));
    const busy = body.rows.filter(({ key }) => key >= first);
    expect([sumOf(busy, 'calls'), sumOf(busy, 'inputTokens'), sumOf(busy, 'credits'), sumOf(busy, 'creditsMicros'), sumOf(body.rows, 'calls')]).toEqual([4, 400, 11, 11_000_000, 4]);
    expect(body).toMatchObject({ truncated: false, totals: { calls: 4, failedCalls: 1, tasks: 3, cacheReadTokens: 40, cacheWriteTokens: 20, outputTokens: 200, reasoningTokens: 16, credits: 11 } });
  });

  it('groups by whatever tells calls apart', async () => {
    expect(await byKey('usage?groupBy=mode')).toMatchObject({ code: { calls: 3, tasks: 2, credits: 8 }, ask: { calls: 1, tasks: 1, credits: 3 } });
    expect((await rows('usage?groupBy=model')).map(({ name, credits }) => [name, credits])).toEqual([['deep', 8], ['swift', 3]]);
    expect((await byKey('usage?groupBy=repository'))[repositories[0]!]).toMatchObject({ credits: 8, tasks: 2 });
    expect((await byKey('usage?groupBy=user'))[ada.userId]).toMatchObject({ calls: 4 });
    expect(await byKey('usage?groupBy=key_source')).toMatchObject({ platform: { calls: 4 } });
    expect(await byKey('usage?groupBy=purpose')).toMatchObject({ agent: { calls: 4 } });
    expect(await rows('usage?groupBy=api_key')).toMatchObject([{ key: null, name: null, calls: 4 }]);
    expect((await rows(`usage?groupBy=month&from=2026-01-01&to=2026-03-01`)).map(({ key }) => key)).toEqual(['2026-01-01', '2026-02-01', '2026-03-01']);
    expect((await rows('usage?groupBy=week&from=2026-11-01&to=2026-11-02')).map(({ key }) => key)).toEqual(['2026-10-26', '2026-11-02']);
  });

  it('shows nobody else’s', async () => {
    for (const path of ['usage?groupBy=model', 'models', 'tasks']) expect(await rows(path, eve)).toEqual([]);
    expect((await get('export?report=tasks', eve).expect(200)).text.trim().split('\r\n')).toHaveLength(1);
  });

  it('refuses what is no period, in words', async () => {
    for (const path of ['usage', 'models', 'tasks', 'credits', 'export']) {
      const asked = path === 'export' ? 'export?report=usage&' : `${path}?`;
      const { body } = (await get(`${asked}from=2026-11-23&to=2026-11-22`).expect(400)) as { body: { code: string; errors: { parameter: string; detail: string }[] } };
      expect(body).toMatchObject({ code: 'invalid_parameter', errors: [{ parameter: 'from', detail: 'must not lie after to (2026-11-22)' }] });
      expect(((await get(`${asked}from=2020-01-01&to=2026-01-01`).expect(400)).body as { detail: string }).detail).toContain('at most 366');
      await get(`${asked}from=2026-02-30`).expect(400);
      await get(`${asked}until=2026-02-01`).expect(400);
    }
    for (const day of ['2000-01-01', '9999-12-31']) for (const path of ['usage?', 'models?', 'tasks?groupBy=day&', 'credits?', 'export?report=usage&']) await get(`${path}from=${day}&to=${day}`).expect(200);
    await get('usage?groupBy=weather').expect(400);
    await get('export').expect(400);
  });

  it('answers 304 while nothing has changed', async () => {
    const { headers } = await get('usage?groupBy=model').expect(200);
    await get('usage?groupBy=model').set('If-None-Match', headers.etag!).expect(304);
  });
});

it('GET /analytics/models tells of success, time and cost per task', async () => {
  const [deep, swift] = await rows('models');
  expect(swift).toMatchObject({ model: 'swift', calls: 2, successRate: 1, meanLatencyMs: 3_000, costPerTaskUsd: '0.03', creditsPerTask: 3, tasks: 1 });
  expect(deep).toMatchObject({ model: 'deep', calls: 2, failedCalls: 1, successRate: 0.5, meanLatencyMs: 60_000, costPerTaskUsd: '0.04', tasks: 2 });
  const near = (told: unknown, exact: number) => Math.abs((told as number) / exact - 1) < 0.1;
  expect([near(swift!.p95LatencyMs, 4_000), near(swift!.medianLatencyMs, 2_000), near(deep!.p95LatencyMs, 60_000)]).toEqual([true, true, true]);
});

describe('GET /analytics/tasks', () => {
  it('tells of ends, times, and what a merged pull request cost, with what came to nothing', async () => {
    const { body } = (await get('tasks').expect(200)) as { body: { rows: object[]; totals: object } };
    expect(body.totals).toMatchObject({
      tasks: 3, completed: 2, failed: 1, open: 0, successRate: 0.6667, medianExecutionMs: 60_000, p95ExecutionMs: 114_000, pullRequests: 2, mergedPullRequests: 1, closedPullRequests: 1, mergeRate: 0.5, credits: 11, costUsd: '0.11',
      costPerMergedPullRequestUsd: '0.11', creditsPerMergedPullRequest: 11,
    });
    expect(body.rows).toMatchObject([{ key: 'completed', tasks: 2, successRate: 1 }, { key: 'failed', tasks: 1, successRate: 0, mergeRate: null, costPerMergedPullRequestUsd: null }]);
  });

  it('groups by model, mode and repository', async () => {
    expect(await byKey('tasks?groupBy=mode')).toMatchObject({ code: { costPerMergedPullRequestUsd: '0.08', creditsPerMergedPullRequest: 8 }, ask: { costPerMergedPullRequestUsd: null, successRate: 0 } });
    const byModel = await byKey('tasks?groupBy=model');
    expect(byModel[models[0]!]).toMatchObject({ name: 'swift', mergeRate: 1, costPerMergedPullRequestUsd: '0.03', credits: 3 });
    expect(byModel[models[1]!]).toMatchObject({ name: 'deep', mergeRate: 0, costPerMergedPullRequestUsd: null, credits: 8 });
    expect((await byKey('tasks?groupBy=repository'))[repositories[0]!]).toMatchObject({ tasks: 2, pullRequests: 2, costPerMergedPullRequestUsd: '0.08' });
    expect(sumOf((await rows('tasks?groupBy=day')).filter(({ key }) => String(key) >= first), 'tasks')).toBe(3);
    expect((await byKey('tasks?groupBy=source')).api).toMatchObject({ tasks: 3 });
    expect((await byKey('tasks?groupBy=user'))[ada.userId]).toMatchObject({ tasks: 3 });
  });

  it('counts what a child task was charged once', async () => {
    const db = api.database.dataSource;
    const { task: parent } = await aTask(db, { organizationId: eve.organizationId, userId: eve.userId, repositoryId: (await aGitRepo(db, { organizationId: eve.organizationId })).id, status: 'completed' });
    const { task: child } = await aTask(db, { organizationId: eve.organizationId, userId: eve.userId, repositoryId: parent.repositoryId, status: 'completed', parentTaskId: parent.id });
    await db.query('UPDATE task_counters SET credits_used_micro = CASE task_id WHEN $1 THEN 7000000 ELSE 5000000 END WHERE task_id IN ($1, $2)', [parent.id, child.id]);
    expect((await get('tasks', eve)).body).toMatchObject({ totals: { tasks: 2, credits: 7 } });
  });
});

it('GET /analytics/credits tells how they went and how long they last', async () => {
  const { body } = (await get(`credits?from=${first}`).expect(200)) as { body: { daysLeft: number; days: object[]; pace: { days: number } } };
  expect(body).toMatchObject({ from: first, available: 189, held: 0, debt: 0, pace: { days: body.days.length }, nextExpiry: null });
  expect(['spent', 'granted', 'purchased', 'expired', 'other'].map((field) => sumOf(body.days, field))).toEqual([11, 200, 0, 0, 0]);
  expect(body.days.at(-1)).toMatchObject({ balance: 189 });
  expect(body.daysLeft).toBeGreaterThan(0);
  expect((await get('credits?from=2026-01-01&to=2026-01-03')).body).toMatchObject({ days: [{ balance: 0 }, { balance: 0 }, { balance: 0 }] });
});

describe('GET /analytics/export', () => {
  it('has a line per kind of call and day', async () => {
    const { text, headers } = await get(`export?report=usage&from=${first}`).expect(200);
    expect(headers).toMatchObject({ 'content-type': 'text/csv; charset=utf-8', 'content-disposition': expect.stringMatching(`^attachment; filename="usage-${first}-[-0-9]{10}.csv"$`) as string });
    const [names, ...lines] = text.trim().split('\r\n');
    expect(names).toContain('date,model,mode,repository,user,key_source');
    expect(lines.find((line) => line.includes(',deep,code,'))).toMatch(/,platform,,agent,1,0,1,100,10,5,50,4,5,0\.05$/);
    const swift = lines.filter((line) => line.includes(',swift,code,')).map((line) => line.split(','));
    expect([swift.reduce((sum, cells) => sum + Number(cells[8]), 0), swift.reduce((sum, cells) => sum + Number(cells[16]), 0), lines.length - swift.length]).toEqual([2, 3, 2]);
  });

  it('has a line per task, and no formulas', async () => {
    const { text } = await get('export?report=tasks').expect(200);
    const lines = text.trim().split('\r\n');
    expect(lines).toHaveLength(4);
    expect(text).toContain(`"'=HYPERLINK(""http://evil"")"`);
    expect(text).not.toMatch(/[,\n]"?=/);
    expect(lines.find((line) => line.includes('HYPERLINK'))).toMatch(/,120000,\d+,2,330,1,1,3,0\.03$/);
  });

  it('is CSV and nothing else', async () => {
    await get('export?report=usage').set('Accept', 'application/json').expect(406);
    const head = await api.send('get', '/api/v1/analytics/export?report=usage', ada).set('Accept', 'text/*').expect(200);
    expect(head.headers['content-type']).toContain('text/csv');
  });
});
