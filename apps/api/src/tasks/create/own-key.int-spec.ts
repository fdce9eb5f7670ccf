import { aGitRepo } from '@app/domain/testing';
import { type SignedIn, TestApi } from '../../testing/test-api';

let api: TestApi;
let ada: SignedIn;
let repositoryId: string;
let count = 0;

beforeAll(async () => {
  // The platform has a credential for Anthropic, and none for OpenAI.
  api = await TestApi.start();
  ada = await api.signUp();
  repositoryId = (await aGitRepo(api.database.dataSource, { organizationId: ada.organizationId })).id;
}, 60_000);
afterAll(() => api.close());

const query = <Row>(sql: string, parameters: unknown[] = []): Promise<Row[]> => api.database.dataSource.query<Row[]>(sql, parameters);
const saved = async (provider: 'anthropic' | 'openai', values: object = {}, who = ada): Promise<string> => {
  const keyValue = `${provider === 'openai' ? 'sk-proj-' : 'sk-ant-api03-'}${'k'.repeat(24)}${++count}`;
  const answer = await api.send('post', '/api/v1/api-keys', who).send({ provider, name: `key ${count}`, keyValue, verify: false, ...values });
  if (answer.status !== 201) throw new Error(answer.text);
  return (answer.body as { id: string }).id;
};
const create = (body: object) => api.send('post', '/api/v1/tasks', ada).send({ prompt: 'Do it.', repositoryId, mode: 'ask', ...body });
const problem = (answer: { status: number; body: unknown }) => {
  const { code, errors } = answer.body as { code?: string; errors?: { pointer: string; code: string }[] };
  return [answer.status, code, errors?.[0]?.pointer, errors?.[0]?.code];
};
const stored = async (id: string) => (await query<{ task: string | null; attempt: string | null; model: string }>(
  `SELECT t.api_key_id AS task, a.api_key_id AS attempt, m.provider AS model FROM tasks t JOIN ai_models m ON m.id = t.ai_model_id LEFT JOIN task_attempts a ON a.task_id = t.id WHERE t.id = $1 ORDER BY a.number DESC LIMIT 1`, [id],
))[0];
const idOf = (answer: { body: unknown }) => (answer.body as { id: string }).id;

describe('apiKeyId of a task', () => {
  it('is kept with the task and its attempt, and picks a model of its provider', async () => {
    const key = await saved('openai');
    const task = await create({ apiKeyId: key.toUpperCase() });
    expect([task.status, await stored(idOf(task))]).toEqual([201, { task: key, attempt: key, model: 'openai' }]);
    const named = await create({ apiKeyId: key, model: 'gpt-6.1-terra' });
    expect([named.status, (named.body as { model: { name: string } }).model.name]).toEqual([201, 'gpt-6.1-terra']);
    const attempts = (await api.send('get', `/api/v1/tasks/${idOf(task)}/attempts`, ada)).body as { data: { apiKeyId: string }[] };
    expect(attempts.data.map(({ apiKeyId }) => apiKeyId)).toEqual([key]);
  });

  it('must be the organization\'s, fit the model, and be fit for use', async () => {
    const grace = await api.signUp();
    const foreign = await saved('anthropic', {}, grace);
    const [off, refused, deleted, key] = [await saved('anthropic'), await saved('anthropic'), await saved('anthropic'), await saved('anthropic')];
    await api.send('put', `/api/v1/api-keys/${off}`, ada).send({ isActive: false });
    await api.send('delete', `/api/v1/api-keys/${deleted}`, ada);
    await query(`UPDATE api_keys SET status = 'invalid' WHERE id = $1`, [refused]);
    const expired = await saved('anthropic', { expiresAt: '2090-01-01T00:00:00Z' });
    await query(`UPDATE api_keys SET expires_at = now() WHERE id = $1`, [expired]);
    const answers = [];
    for (const apiKeyId of [foreign, deleted, '019a0e6a-7b1c-7c3e-9a55-2f6d1c0e4b7a']) answers.push(problem(await create({ apiKeyId })).slice(0, 2));
    expect(answers).toEqual(Array.from({ length: 3 }, () => [404, 'not_found']));
    expect(problem(await create({ apiKeyId: off }))).toEqual([422, 'validation_failed', '/apiKeyId', 'key_inactive']);
    expect(problem(await create({ apiKeyId: expired }))).toEqual([422, 'validation_failed', '/apiKeyId', 'key_expired']);
    expect(problem(await create({ apiKeyId: refused }))).toEqual([422, 'validation_failed', '/apiKeyId', 'key_refused']);
    expect(problem(await create({ apiKeyId: key, model: 'nothing' })).slice(0, 3)).toEqual([422, 'invalid_model', '/model']);
    expect(problem(await create({ apiKeyId: 'key' })).slice(0, 3)).toEqual([422, 'validation_failed', '/apiKeyId']);
    await saved('openai');
    expect(problem(await create({ apiKeyId: key, model: 'gpt-6.1-terra' }))).toEqual([422, 'validation_failed', '/apiKeyId', 'wrong_provider']);
  });

  it('can be changed before the task begins, and with a retry', async () => {
    const [one, two] = [await saved('anthropic'), await saved('anthropic')];
    const draft = idOf(await create({ draft: true }));
    const put = (body: object) => api.send('put', `/api/v1/tasks/${draft}`, ada).send(body);
    expect([(await put({ apiKeyId: one })).status, (await stored(draft))?.task]).toEqual([200, one]);
    expect([(await put({ title: 'other' })).status, (await stored(draft))?.task]).toEqual([200, one]);
    expect([(await put({ apiKeyId: null })).status, (await stored(draft))?.task]).toEqual([200, null]);
    const task = idOf(await create({ apiKeyId: one }));
    await api.send('post', `/api/v1/tasks/${task}/cancel`, ada).send({});
    const retry = (body: object) => api.send('post', `/api/v1/tasks/${task}/retry`, ada).send(body);
    expect((await retry({ apiKeyId: two })).body).toMatchObject({ apiKeyId: two });
    expect(await stored(task)).toMatchObject({ task: two, attempt: two });
    await api.send('post', `/api/v1/tasks/${task}/cancel`, ada).send({});
    expect((await retry({})).body).toMatchObject({ apiKeyId: two });
    await api.send('post', `/api/v1/tasks/${task}/cancel`, ada).send({});
    expect((await retry({ apiKeyId: null })).body).toMatchObject({ apiKeyId: null });
  });
});

describe('without a credit', () => {
  it('a task runs on a key of its own, or where only such a key can pay, and nowhere else', async () => {
    const lin = await api.signUp();
    const repo = (await aGitRepo(api.database.dataSource, { organizationId: lin.organizationId })).id;
    const key = await saved('anthropic', {}, lin);
    await query('UPDATE credit_accounts SET available_micro = 0 WHERE organization_id = $1', [lin.organizationId]);
    const post = (body: object) => api.send('post', '/api/v1/tasks', lin).send({ prompt: 'Do it.', repositoryId: repo, mode: 'ask', ...body });
    expect((await post({ model: 'claude-sonnet-5-5' })).status).toBe(402);
    const task = await post({ model: 'claude-sonnet-5-5', apiKeyId: key });
    expect(task.status).toBe(201);
    expect(problem(await post({ model: 'gpt-6.1-terra' })).slice(0, 2)).toEqual([422, 'model_unavailable']);
    await saved('openai', {}, lin);
    expect((await post({ model: 'gpt-6.1-terra' })).status).toBe(201);
    const draft = idOf(await post({ draft: true, model: 'claude-sonnet-5-5' }));
    expect((await api.send('put', `/api/v1/tasks/${draft}`, lin).send({ draft: false })).status).toBe(402);
    expect((await api.send('put', `/api/v1/tasks/${draft}`, lin).send({ draft: false, apiKeyId: key })).status).toBe(200);
    await api.send('post', `/api/v1/tasks/${idOf(task)}/cancel`, lin).send({});
    expect((await api.send('post', `/api/v1/tasks/${idOf(task)}/retry`, lin).send({ apiKeyId: null })).status).toBe(402);
    expect((await api.send('post', `/api/v1/tasks/${idOf(task)}/messages`, lin).send({ content: 'Go on.' })).status).toBe(202);
  });
});
