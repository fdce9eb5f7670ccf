import { newId } from '@app/common';
import { aGitRepo, anApiKey } from '@app/domain/testing';
import { TestApi, type SignedIn } from '../../testing/test-api';

interface Body {
  readonly id: string;
  readonly [name: string]: unknown;
}

let api: TestApi;
let ada: SignedIn;
let eve: SignedIn;
let repositoryId: string;
beforeAll(async () => {
  api = await TestApi.start();
  [ada, eve] = [await api.signUp(), await api.signUp()];
  repositoryId = (await aGitRepo(api.database.dataSource, { organizationId: ada.organizationId })).id;
  await api.database.dataSource.query('UPDATE subscription_plans SET max_tasks_per_day = NULL');
});
afterAll(() => api.close());

const at = (id: string, tail = ''): string => `/api/v1/tasks/${id}${tail}`;
const sql = <Row>(text: string, ...parameters: unknown[]) => api.database.dataSource.query<Row[]>(text, parameters);
const post = (path: string, body: object = {}, as = ada) => api.send('post', path, as).send(body);
const read = async (id: string): Promise<Body> => (await api.send('get', at(id), ada)).body as Body;
const handIn = async (fields: object = {}): Promise<string> => ((await post('/api/v1/tasks', { prompt: 'Fix it', repositoryId, ...fields })).body as Body).id;

async function ended(fields: object = {}): Promise<string> {
  const id = await handIn(fields);
  await sql(`UPDATE task_attempts SET status = 'succeeded', finished_at = now() WHERE task_id = $1`, id);
  await sql(`UPDATE tasks SET status = 'completed', completed_at = now() WHERE id = $1`, id);
  return id;
}

describe('POST /tasks/{id}/fork', () => {
  const ALL = {
    title: 'T', description: 'D', branch: 'dev', targetBranch: 'main', priority: 'high', maxCredits: 7.5, timeoutSeconds: 600, tags: ['a', 'b'], metadata: { k: 'v' },
    options: { maxTurns: 9, verifyCommands: ['npm test'], draftPullRequest: false },
  };

  it('copies everything that is not given, into a task of its own', async () => {
    const id = await ended(ALL);
    await sql(`UPDATE tasks SET options = options || '{"pullRequestTitle":"Mine"}' WHERE id = $1`, id);
    const answer = await post(at(id, '/fork'));
    const { timeoutSeconds, options, ...plain } = ALL;
    expect(answer).toMatchObject({ status: 201, body: { ...plain, prompt: 'Fix it', status: 'queued', source: 'fork', forkedFromTaskId: id, parentTaskId: null, attemptCount: 1, credits: { usedMicros: 0 } } });
    const fork = answer.body as Body;
    expect(fork.options).toMatchObject({ ...options, timeoutSeconds });
    expect(fork.options).not.toHaveProperty('pullRequestTitle');
    expect([fork.id === id, answer.headers.location, answer.headers.etag === undefined]).toEqual([false, at(fork.id), false]);
    expect(await read(id)).toMatchObject({ status: 'completed' });
  });

  it.each(['prompt', 'repositoryId'])('refuses a %s that is null: leaving it out copies it', async (field) => {
    const id = await handIn(ALL);
    expect(await post(at(id, '/fork'), { [field]: null })).toMatchObject({ status: 422, body: { code: 'validation_failed' } });
  });

  it('takes what is given in its place', async () => {
    const id = await handIn(ALL);
    const other = await aGitRepo(api.database.dataSource, { organizationId: ada.organizationId, defaultBranch: 'trunk' });
    const answer = await post(at(id, '/fork'), { prompt: 'Fix that', maxCredits: 1, draft: true, options: { maxTurns: 3 }, repositoryId: other.id });
    expect(answer).toMatchObject({
      status: 201,
      body: { prompt: 'Fix that', title: 'T', maxCredits: 1, status: 'draft', repository: { id: other.id }, branch: 'trunk', targetBranch: 'trunk', options: { maxTurns: 3, verifyCommands: ['npm test'] } },
    });
  });

  it('is one task for one key, and one more without', async () => {
    const id = await ended();
    const key = newId();
    const answers = [await post(at(id, '/fork')).set('Idempotency-Key', key), await post(at(id, '/fork')).set('Idempotency-Key', key), await post(at(id, '/fork'))];
    expect(new Set(answers.map(({ body }) => (body as Body).id)).size).toBe(2);
    expect(answers[1]?.headers['idempotency-replayed']).toBe('true');
  });

  it('is refused to strangers, with garbage, without credits', async () => {
    const id = await handIn();
    expect((await post(at(id, '/fork'), {}, eve)).status).toBe(404);
    const foreign = (await anApiKey(api.database.dataSource, { organizationId: eve.organizationId, userId: eve.userId })).id;
    expect((await post(at(id, '/fork'), { apiKeyId: foreign })).status).toBe(404);
    expect(await post(at(id, '/fork'), { forkedFromTaskId: id })).toMatchObject({ status: 422, body: { errors: [{ code: 'unknown_field' }] } });
    expect(await post(at(id, '/fork'), { prompt: '' })).toMatchObject({ status: 422, body: { errors: [{ pointer: '/prompt' }] } });
    await sql('UPDATE credit_accounts SET available_micro = 0 WHERE organization_id = $1', ada.organizationId);
    expect((await post(at(id, '/fork'))).status).toBe(402);
    await sql('UPDATE credit_accounts SET available_micro = 1000000000 WHERE organization_id = $1', ada.organizationId);
  });
});

describe('candidates', () => {
  it('are asked for with the task, and listed with it', async () => {
    const answer = await post('/api/v1/tasks', { prompt: 'Fix it', repositoryId, candidates: 3 });
    expect(answer).toMatchObject({ status: 201, body: { candidates: 3, chosenTaskId: null, status: 'queued' } });
    const { id } = answer.body as Body;
    expect((await api.send('get', at(id, '/candidates'), ada)).body).toEqual({ data: [], nextCursor: null });
    expect((await api.send('get', at(id, '/candidates'), eve)).status).toBe(404);
    expect(await api.send('put', at(id), ada).send({ candidates: 5 })).toMatchObject({ status: 200, body: { candidates: 5 } });
    expect(await api.send('put', at(id), ada).send({ mode: 'ask' })).toMatchObject({ status: 422, body: { errors: [{ pointer: '/candidates' }] } });
    expect(await api.send('put', at(id), ada).send({ candidates: null, mode: 'ask' })).toMatchObject({ status: 200, body: { candidates: null, mode: 'ask' } });
  });

  it('count as tasks of the day', async () => {
    await sql(`UPDATE subscription_plans SET max_tasks_per_day = (SELECT count(*) + 3 FROM tasks WHERE organization_id = $1)`, ada.organizationId);
    const ask = (candidates: number) => post('/api/v1/tasks', { prompt: 'Fix it', repositoryId, candidates });
    expect([(await ask(3)).status, (await ask(2)).status]).toEqual([429, 201]);
    await sql('UPDATE subscription_plans SET max_tasks_per_day = NULL');
  });

  it.each([[{ candidates: 1 }], [{ candidates: 6 }], [{ candidates: 2.5 }], [{ candidates: 'all' }], [{ candidates: 2, mode: 'ask' }]])('are refused as %j', async (fields) => {
    expect(await post('/api/v1/tasks', { prompt: 'Fix it', repositoryId, ...fields })).toMatchObject({ status: 422, body: { errors: [{ pointer: '/candidates' }] } });
  });
});

describe('the archive', () => {
  it('takes an ended task out of the list, and back', async () => {
    const id = await ended();
    const listed = async (query = '') => ((await api.send('get', `/api/v1/tasks?limit=100${query}`, ada)).body as { data: Body[] }).data.some((task) => task.id === id);
    const first = await post(at(id, '/archive'));
    expect(first).toMatchObject({ status: 200, body: { id, archivedAt: expect.any(String) as string } });
    expect(await post(at(id, '/archive'))).toMatchObject({ status: 200, body: { archivedAt: (first.body as Body).archivedAt } });
    expect([await listed(), await listed('&archived=true')]).toEqual([false, true]);
    expect(await post(at(id, '/unarchive'))).toMatchObject({ status: 200, body: { archivedAt: null } });
    expect(await listed()).toBe(true);
    const audits = await sql<{ action: string }>(`SELECT action FROM audit_logs WHERE target_id = $1 AND action LIKE 'task.%archived' ORDER BY id`, id);
    expect(audits.map(({ action }) => action)).toEqual(['task.archived', 'task.unarchived']);
  });

  it('takes no task that goes on, and none of others', async () => {
    const id = await handIn();
    expect(await post(at(id, '/archive'))).toMatchObject({ status: 409, body: { code: 'task_busy', taskStatus: 'queued' } });
    expect((await post(at(await ended(), '/archive'), {}, eve)).status).toBe(404);
  });

  it('takes several, and says of the others why not', async () => {
    const [one, two, busy, missing] = [await ended(), await ended(), await handIn(), newId()];
    const theirs = (await aGitRepo(api.database.dataSource, { organizationId: eve.organizationId })).id;
    const foreign = ((await post('/api/v1/tasks', { prompt: 'Mine', repositoryId: theirs }, eve)).body as Body).id;
    const answer = await post('/api/v1/tasks/archive', { ids: [two, busy, one.toUpperCase(), missing, foreign] });
    expect(answer.status).toBe(200);
    const { archived, skipped } = answer.body as { archived: string[]; skipped: { id: string }[] };
    expect(archived).toEqual([one, two].sort());
    expect(skipped).toEqual([{ id: busy, code: 'task_busy' }, { id: missing, code: 'not_found' }, { id: foreign, code: 'not_found' }].sort((a, b) => (a.id < b.id ? -1 : 1)));
    for (const ids of [[], ['x'], [one, one], Array.from({ length: 101 }, () => newId()), undefined]) expect((await post('/api/v1/tasks/archive', { ids })).status).toBe(422);
  });
});
