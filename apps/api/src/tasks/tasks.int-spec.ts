import { newId } from '@app/common';
import { aGitRepo } from '@app/domain/testing';
import { TestApi, type SignedIn } from '../testing/test-api';

interface TaskBody {
  id: string;
  status: string;
  statusReason: string | null;
  title: string;
  model: { id: string; name: string };
  attempt: { number: number; status: string } | null;
  links: { self: string };
  [name: string]: unknown;
}

let api: TestApi;
let ada: SignedIn;
let eve: SignedIn;
let repositoryId: string;

beforeAll(async () => {
  api = await TestApi.start();
  [ada, eve] = [await api.signUp(), await api.signUp()];
  repositoryId = (await aGitRepo(api.database.dataSource, { organizationId: ada.organizationId })).id;
  // Many tasks a day are made here; the free plan's limit has a test of its own.
  await api.database.dataSource.query('UPDATE subscription_plans SET max_tasks_per_day = NULL');
});
afterAll(() => api.close());

const TASKS = '/api/v1/tasks';

async function create(fields: object = {}, as = ada): Promise<TaskBody> {
  const answer = await api.send('post', TASKS, as).send({ prompt: 'Fix the failing test', repositoryId, ...fields });
  if (answer.status !== 201) throw new Error(`create answered ${answer.status}: ${answer.text}`);
  return answer.body as TaskBody;
}

function sql<Row>(text: string, ...parameters: unknown[]): Promise<Row[]> {
  return api.database.dataSource.query<Row[]>(text, parameters);
}

describe('POST /tasks', () => {
  it('keeps the task with attempt, counters and first event, and queues the attempt by its id', async () => {
    const answer = await api.send('post', TASKS, ada).send({ prompt: '# Fix the `add` function\n\nIt subtracts.', repositoryId, maxCredits: 14.9, tags: ['bug'], options: { maxTurns: 20 } });
    expect(answer.status).toBe(201);
    const task = answer.body as TaskBody;
    expect(answer.headers['location']).toBe(`/api/v1/tasks/${task.id}`);
    expect(answer.headers['etag']).toMatch(/^"\d+-1"$/);
    expect(task).toMatchObject({
      mode: 'code', status: 'queued', title: 'Fix the add function', priority: 'medium', branch: 'main', targetBranch: 'main', workBranch: `async-coder/${task.id}`, requestedModel: 'auto',
      maxCredits: 14.9, tags: ['bug'], attemptCount: 1, attempt: { number: 1, status: 'queued', stage: 'prepare', startedAt: null }, credits: { used: 0, held: 0, usedMicros: 0, heldMicros: 0 },
      options: { maxTurns: 20, createPullRequest: true, timeoutSeconds: 1_800 }, pullRequest: null, error: null, createdBy: { id: ada.userId },
    });
    expect(task.model).toMatchObject({ id: expect.any(String) as string, name: expect.any(String) as string });
    const [attempt] = await sql<{ id: string }>('SELECT id FROM task_attempts WHERE task_id = $1', task.id);
    for (let tries = 0, jobs: unknown[] = []; jobs.length === 0; tries++) {
      if (tries > 100) throw new Error('the attempt was not queued');
      await new Promise((resolve) => setTimeout(resolve, 50));
      jobs = await sql('SELECT id FROM bullmq.job WHERE id = $1', attempt?.id);
    }
    const events = (await api.send('get', `${TASKS}/${task.id}/events`, ada)).body as { data: unknown[]; nextCursor: unknown };
    expect(events).toEqual({ data: [{ seq: 1, type: 'status', attempt: 1, data: { from: null, to: 'queued', reason: null }, createdAt: expect.any(String) as string }], nextCursor: null });
  });

  it('answers a repeated call with the same bytes, and makes one task', async () => {
    const body = { prompt: 'Once only', repositoryId };
    const key = newId();
    const first = await api.send('post', TASKS, ada).set('Idempotency-Key', key).send(body);
    const again = await api.send('post', TASKS, ada).set('Idempotency-Key', key).send(body);
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(again.text).toBe(first.text);
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect(again.headers['location']).toBe(first.headers['location']);
    expect(await sql(`SELECT 1 FROM tasks WHERE prompt = 'Once only'`)).toHaveLength(1);
    const other = await api.send('post', TASKS, ada).set('Idempotency-Key', key).send({ ...body, prompt: 'Another' });
    expect(other).toMatchObject({ status: 422, body: { code: 'idempotency_mismatch' } });
  });

  it('keeps drafts and later ones without an attempt, and starts a draft', async () => {
    const draft = await create({ draft: true, title: 'Not yet' });
    expect(draft).toMatchObject({ status: 'draft', attempt: null, attemptCount: 0, queuedAt: null });
    const later = await create({ scheduledAt: new Date(Date.now() + 3_600_000).toISOString() });
    expect(later).toMatchObject({ status: 'scheduled', attempt: null });
    const started = await api.send('put', `${TASKS}/${draft.id}`, ada).send({ draft: false, mode: 'ask' });
    expect(started).toMatchObject({ status: 200, body: { status: 'queued', mode: 'ask', attempt: { number: 1 } } });
  });

  it.each([
    ['no prompt', { prompt: undefined }, '/prompt', 'required'],
    ['a blank prompt', { prompt: ' \n ' }, '/prompt', 'invalid_format'],
    ['a prompt too long', { prompt: 'x'.repeat(100_001) }, '/prompt', 'invalid_length'],
    ['an unknown field', { prmpt: 'x' }, '/prmpt', 'unknown_field'],
    ['an unknown option', { options: { sandbox: false } }, '/options/sandbox', 'unknown_field'],
    ['an unknown mode', { mode: 'destroy' }, '/mode', 'not_allowed'],
    ['a review of nothing', { mode: 'pr_review' }, '/branch', 'required'],
    ['a review of a branch against itself', { mode: 'pr_review', branch: 'main', targetBranch: 'main' }, '/targetBranch', 'not_allowed'],
    ['a review of two things', { mode: 'pr_review', branch: 'topic', sourcePullRequestNumber: 7 }, '/sourcePullRequestNumber', 'not_allowed'],
    ['a pull request outside of a review', { sourcePullRequestNumber: 7 }, '/sourcePullRequestNumber', 'not_allowed'],
    ['a NUL', { title: 'a\0b' }, '/title', 'invalid_text'],
    ['half a surrogate pair', { description: '\ud800' }, '/description', 'invalid_text'],
    ['an id that is none', { repositoryId: 'main' }, '/repositoryId', 'invalid_format'],
    ['too many turns', { options: { maxTurns: 201 } }, '/options/maxTurns', 'too_large'],
    ['an integer beyond its column', { timeoutSeconds: 2 ** 40 }, '/timeoutSeconds', 'too_large'],
    ['credits with seven decimals', { maxCredits: 0.0000001 }, '/maxCredits', 'invalid_value'],
    ['credits as text', { maxCredits: '5' }, '/maxCredits', 'invalid_value'],
    ['a day that does not exist', { scheduledAt: '2027-02-30T00:00:00Z' }, '/scheduledAt', 'invalid_format'],
    ['a time that is over', { scheduledAt: '2020-01-01T00:00:00Z' }, '/scheduledAt', 'too_small'],
    ['metadata that is no text', { metadata: { a: 1 } }, '/metadata', 'invalid_value'],
    ['too many tags', { tags: Array.from({ length: 21 }, (_, n) => `t${n}`) }, '/tags', 'too_many'],
    ['a ref that climbs', { branch: '../x' }, '/branch', 'invalid_ref'],
    ['a ref that is an option', { branch: '-u=main' }, '/branch', 'invalid_ref'],
    ['a target that is a reflog', { targetBranch: 'main@{1}' }, '/targetBranch', 'invalid_ref'],
    ['an unknown model', { model: 'gpt-none' }, '/model', 'invalid_model'],
    ['a model without a key', { model: 'gpt-6-astra' }, '/model', 'model_unavailable'],
  ])('refuses %s', async (_, fields, pointer, fault) => {
    const code = ['invalid_ref', 'invalid_model', 'model_unavailable'].includes(fault) ? fault : 'validation_failed';
    const answer = await api.send('post', TASKS, ada).send({ prompt: 'Do it', repositoryId, ...fields });
    expect(answer.body).toMatchObject({ status: 422, code, errors: expect.arrayContaining([expect.objectContaining({ pointer, code: fault })]) as unknown });
    expect(answer.status).toBe(422);
  });

  it('does not know a repository that is missing or foreign', async () => {
    for (const [id, as] of [[newId(), ada], [repositoryId, eve]] as const) {
      expect(await api.send('post', TASKS, as).send({ prompt: 'x', repositoryId: id })).toMatchObject({ status: 404, body: { code: 'not_found' } });
    }
  });

  it('refuses the task that the plan or the credits do not allow', async () => {
    const poor = await api.signUp();
    const repo = await aGitRepo(api.database.dataSource, { organizationId: poor.organizationId });
    await sql('UPDATE credit_accounts SET available_micro = 0 WHERE organization_id = $1', poor.organizationId);
    expect(await api.send('post', TASKS, poor).send({ prompt: 'x', repositoryId: repo.id })).toMatchObject({ status: 402, body: { code: 'insufficient_credits', required: 1, available: 0 } });
    await sql('UPDATE subscription_plans SET max_tasks_per_day = 1');
    const answer = await api.send('post', TASKS, ada).send({ prompt: 'x', repositoryId });
    await sql('UPDATE subscription_plans SET max_tasks_per_day = NULL');
    expect(answer).toMatchObject({ status: 429, body: { code: 'plan_limit_tasks_per_day' } });
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
  });
});

describe('reading tasks', () => {
  it('pages through a list with filters, and shows no prompt in it', async () => {
    const made = [];
    for (const n of [1, 2, 3]) made.push(await create({ title: `Paged ${n}`, tags: ['paged'] }));
    const seen: string[] = [];
    for (let path = `${TASKS}?tag=paged&limit=2&status=queued,failed&q=PAGED`; path; ) {
      const answer = await api.send('get', path, ada);
      const page = answer.body as { data: TaskBody[]; nextCursor: string | null };
      seen.push(...page.data.map(({ id }) => id));
      expect(page.data.every((task) => !('prompt' in task) && !('metadata' in task) && !('options' in task))).toBe(true);
      path = /<([^>]+)>; rel="next"/.exec(answer.headers['link'] ?? '')?.[1] ?? '';
      expect(path !== '').toBe(page.nextCursor !== null);
    }
    expect(seen).toEqual(made.map(({ id }) => id).reverse());
    expect((await api.send('get', TASKS, eve)).body).toEqual({ data: [], nextCursor: null });
  });

  it.each([['limit=0'], ['status=done'], ['issueNumber=3'], ['after=1'], ['createdAfter=2026-02-30T00:00:00Z'], ['cursor=abc'], ['repositoryId=7']])('refuses %s', async (query) => {
    const answer = await api.send('get', `${TASKS}?${query}`, ada);
    expect([answer.status, (answer.body as { errors: { parameter: string }[] }).errors[0]?.parameter]).toEqual([400, query.split('=')[0]]);
  });

  it('answers 304 while nothing changed, and 404 to strangers', async () => {
    const task = await create();
    const first = await api.send('get', task.links.self, ada);
    expect((await api.send('get', task.links.self, ada).set('If-None-Match', first.headers['etag'] ?? '')).status).toBe(304);
    for (const path of ['', '/events', '/logs', '/results', '/diff', '/usage', '/attempts', '/messages', '/attempts/1']) {
      expect(await api.send('get', `${task.links.self}${path}`, eve)).toMatchObject({ status: 404, body: { code: 'not_found' } });
    }
    expect((await api.send('get', `${TASKS}/not-an-id`, ada)).status).toBe(400);
  });
});

describe('changing tasks', () => {
  it('merges what is sent, if the version still holds', async () => {
    const task = await create({ description: 'Old', options: { maxTurns: 5 } });
    const etag = (await api.send('get', task.links.self, ada)).headers['etag'] ?? '';
    const changed = await api.send('put', task.links.self, ada).set('If-Match', etag).send({ title: 'New', description: null, options: { allowCiFiles: true }, timeoutSeconds: 600 });
    expect(changed).toMatchObject({ status: 200, body: { title: 'New', description: null, prompt: 'Fix the failing test', options: { maxTurns: 5, allowCiFiles: true, timeoutSeconds: 600 } } });
    expect(await api.send('patch', task.links.self, ada).set('If-Match', etag).send({ title: 'Late' })).toMatchObject({ status: 412, body: { code: 'version_conflict' } });
    expect(await api.send('patch', task.links.self, ada).set('If-Match', changed.headers['etag'] ?? '').send({ title: 'In time' })).toMatchObject({ status: 200, body: { title: 'In time' } });
    expect(await api.send('patch', task.links.self, ada).send({ branch: 'a..b' })).toMatchObject({ status: 422, body: { code: 'invalid_ref' } });
    expect(await api.send('patch', task.links.self, ada).send({ draft: true })).toMatchObject({ status: 422, body: { errors: [{ pointer: '/draft' }] } });
  });

  it('cancels a waiting task at once, again without change, and retries it', async () => {
    const task = await create();
    const gone = await api.send('delete', `${task.links.self}?reason=not+needed`, ada);
    expect(gone).toMatchObject({ status: 200, body: { status: 'cancelled', statusReason: 'user_request', attempt: { status: 'cancelled' } } });
    expect((gone.body as TaskBody)['cancelRequestedAt']).toEqual(expect.any(String));
    const again = await api.send('delete', task.links.self, ada);
    expect(again).toMatchObject({ status: 200, body: { status: 'cancelled', updatedAt: (gone.body as TaskBody)['updatedAt'] } });
    expect(await api.send('post', `${task.links.self}/cancel`, ada).send({})).toMatchObject({ status: 409, body: { code: 'task_not_cancellable', taskStatus: 'cancelled' } });
    expect((await api.send('get', `${task.links.self}/logs`, ada)).body).toMatchObject({ data: [{ seq: 1, source: 'system', message: 'Cancel requested: not needed' }] });
    expect(await api.send('patch', task.links.self, ada).send({ prompt: 'Too late' })).toMatchObject({ status: 409, body: { code: 'task_not_editable' } });
    const retried = await api.send('post', `${task.links.self}/retry`, ada).send({ fromCheckpoint: false });
    expect(retried).toMatchObject({ status: 202, body: { number: 2, cause: 'retry', status: 'queued', stage: 'prepare' } });
    expect(await api.send('post', `${task.links.self}/retry`, ada).send({})).toMatchObject({ status: 409, body: { code: 'task_not_retryable' } });
    expect((await api.send('get', `${task.links.self}/attempts`, ada)).body).toMatchObject({ data: [{ number: 2 }, { number: 1, status: 'cancelled' }] });
    expect((await api.send('get', `${task.links.self}/attempts/2`, ada)).body).toMatchObject({ number: 2 });
    expect((await api.send('get', `${task.links.self}/attempts/9`, ada)).status).toBe(404);
  });

  it('tells the worker of a running task', async () => {
    const task = await create();
    await sql(`UPDATE task_attempts SET status = 'running', worker_id = 'w', lease_expires_at = now() + interval '1 hour' WHERE task_id = $1`, task.id);
    await sql(`UPDATE tasks SET status = 'in_progress' WHERE id = $1`, task.id);
    const told = await api.send('post', `${task.links.self}/cancel`, ada).send({ reason: 'stop' });
    expect(told).toMatchObject({ status: 202, body: { status: 'in_progress' } });
    expect((told.body as TaskBody)['cancelRequestedAt']).toEqual(expect.any(String));
  });

  it('leaves a task to who made it and to admins', async () => {
    const [member, admin] = [await api.signUp(), await api.signUp()];
    for (const [person, role] of [[member, 'member'], [admin, 'admin']] as const) {
      await sql('INSERT INTO organization_members (organization_id, user_id, role) VALUES ($1, $2, $3)', ada.organizationId, person.userId, role);
    }
    const task = await create();
    const as = (person: SignedIn) => api.send('patch', task.links.self, person).set('X-Organization-Id', ada.organizationId).send({ title: 'Mine' });
    expect(await as(member)).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect((await as(admin)).status).toBe(200);
  });

  it('publishes only what was kept', async () => {
    const task = await create();
    await api.send('delete', task.links.self, ada);
    expect(await api.send('post', `${task.links.self}/publish`, ada).send({})).toMatchObject({ status: 409, body: { code: 'task_not_publishable' } });
    await sql(
      `INSERT INTO task_results (id, task_id, result_type, content, media_type, size_bytes) VALUES ($1, $2, 'patch', $3, 'text/x-patch', octet_length($3))`,
      newId(), task.id, 'diff --git a/a.txt b/a.txt\nnew file mode 100644\n--- /dev/null\n+++ b/a.txt\n@@ -0,0 +1 @@\n+hi\n',
    );
    expect((await api.send('get', `${task.links.self}/diff?format=json`, ada)).body).toMatchObject({ data: [{ path: 'a.txt', status: 'added', additions: 1, deletions: 0, binary: false }] });
    const patch = await api.send('get', `${task.links.self}/diff`, ada);
    expect(patch.headers['content-type']).toContain('text/x-patch');
    const listed = await api.send('get', `${task.links.self}/results?type=patch`, ada);
    const [result] = (listed.body as { data: { id: string; sizeBytes: number }[] }).data;
    const content = `${task.links.self}/results/${result?.id}/content`;
    const part = await api.send('get', content, ada).set('Range', 'bytes=5-9').buffer(true).parse((response, done) => {
      let text = '';
      response.on('data', (bytes: Buffer) => (text += bytes.toString()));
      response.on('end', () => done(null, text));
    });
    expect(part.status).toBe(206);
    expect(part.body).toBe('--git');
    expect(part.headers).toMatchObject({ 'content-range': `bytes 5-9/${result?.sizeBytes}`, 'content-disposition': expect.stringContaining('attachment') as string, 'content-security-policy': 'sandbox' });
    expect(await api.send('get', content, ada).set('Range', 'bytes=9999-')).toMatchObject({ status: 416 });
    const published = await api.send('post', `${task.links.self}/publish`, ada).send({ draft: false, title: 'Add a' });
    expect(published).toMatchObject({ status: 202, body: { number: 2, cause: 'publish', stage: 'publish' } });
    expect((await api.send('get', task.links.self, ada)).body).toMatchObject({ status: 'queued', options: { draftPullRequest: false, pullRequestTitle: 'Add a' } });
  });
});
