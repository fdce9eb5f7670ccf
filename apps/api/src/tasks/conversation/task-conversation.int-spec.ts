import { newId } from '@app/common';
import { aGitRepo } from '@app/domain/testing';
import { DataSource } from 'typeorm';
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

function sql<Row>(text: string, ...parameters: unknown[]): Promise<Row[]> {
  return api.database.dataSource.query<Row[]>(text, parameters);
}

/** A task in the given status, its first attempt as a worker would have left it. */
async function taskIn(status: string, reason: string | null = null, fields: object = {}): Promise<string> {
  const answer = await api.send('post', '/api/v1/tasks', ada).send({ prompt: 'Fix it', repositoryId, ...fields });
  const { id } = answer.body as Body;
  if (status === 'queued') return id;
  const ended = ['completed', 'failed', 'cancelled', 'timed_out'].includes(status);
  if (status === 'in_progress') await sql(`UPDATE task_attempts SET status = 'running', worker_id = 'w', lease_expires_at = now() + interval '1 hour' WHERE task_id = $1`, id);
  else await sql(`UPDATE task_attempts SET status = $2, stage = 'agent', base_sha = repeat('a', 40), checkpoint = '{"step":1}', started_at = now(), finished_at = now() WHERE task_id = $1`, id, ended ? 'succeeded' : 'suspended');
  await sql(`UPDATE tasks SET status = $2, status_reason = $3, failure_count = 2, completed_at = CASE WHEN $4 THEN now() END WHERE id = $1`, id, status, reason, ended);
  return id;
}

const at = (id: string, tail = ''): string => `/api/v1/tasks/${id}${tail}`;
const say = (id: string, content: unknown = 'Go on', as = ada) => api.send('post', at(id, '/messages'), as).send({ content });
const read = async (id: string): Promise<Body> => (await api.send('get', at(id), ada)).body as Body;
const listed = async (id: string): Promise<Body[]> => ((await api.send('get', at(id, '/messages'), ada)).body as { data: Body[] }).data;

describe('POST /tasks/{id}/messages', () => {
  it.each(['queued', 'in_progress'])('keeps a message for the worker of a task that is %s, with its event', async (status) => {
    const id = await taskIn(status);
    const answer = await say(id, 'Use tabs');
    expect(answer).toMatchObject({ status: 202, body: { seq: 1, role: 'user', content: 'Use tabs', deliveredAt: null, author: { id: ada.userId } } });
    expect(await listed(id)).toEqual([answer.body]);
    expect(await read(id)).toMatchObject({ status, attemptCount: 1 });
    const events = (await api.send('get', at(id, '/events'), ada)).body as { data: Body[] };
    expect(events.data.at(-1)).toMatchObject({ type: 'message', attempt: null, data: { messageId: (answer.body as Body).id, role: 'user', parts: [{ type: 'text', text: 'Use tabs' }] } });
  });

  it('keeps it for a draft until that begins', async () => {
    const answer = await api.send('post', '/api/v1/tasks', ada).send({ prompt: 'Later', repositoryId, draft: true });
    const { id } = answer.body as Body;
    expect((await say(id)).status).toBe(202);
    expect(await read(id)).toMatchObject({ status: 'draft', attemptCount: 0 });
  });

  it.each([
    ['waiting_for_user', 'question'], ['paused', 'user_request'], ['paused', 'step_limit'], ['paused', 'out_of_credits'], ['completed', null], ['failed', 'no_changes'], ['cancelled', 'user_request'], ['timed_out', 'deadline'],
  ])('goes on with a task that is %s (%s), from its checkpoint', async (status, reason) => {
    const id = await taskIn(status, reason);
    expect((await say(id)).status).toBe(202);
    expect(await read(id)).toMatchObject({ status: 'queued', statusReason: null, completedAt: null, attemptCount: 2 });
    const [attempt] = ((await api.send('get', at(id, '/attempts'), ada)).body as { data: Body[] }).data;
    expect(attempt).toMatchObject({ number: 2, cause: 'message', status: 'queued', stage: 'agent', baseSha: 'a'.repeat(40) });
    const [row] = await sql<object>('SELECT a.checkpoint, t.failure_count FROM task_attempts a JOIN tasks t ON t.id = a.task_id WHERE a.id = $1', attempt?.id);
    expect(row).toEqual({ checkpoint: { step: 1 }, failure_count: 0 });
    // A second one finds the task queued.
    expect((await say(id, 'And this')).status).toBe(202);
    expect(await read(id)).toMatchObject({ status: 'queued', attemptCount: 2 });
  });

  it('makes one attempt of messages that come together', async () => {
    const id = await taskIn('waiting_for_user', 'question');
    const answers = await Promise.all(Array.from({ length: 8 }, (_, n) => say(id, `Answer ${n}`)));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 202));
    expect((await listed(id)).map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(await read(id)).toMatchObject({ status: 'queued', attemptCount: 2 });
  });

  it('keeps one message for one Idempotency-Key', async () => {
    const id = await taskIn('waiting_for_user', 'question');
    const key = newId();
    const send = () => api.send('post', at(id, '/messages'), ada).set('Idempotency-Key', key).send({ content: 'Once' });
    const [first, again] = [await send(), await send()];
    expect([first.status, again.status, again.headers['idempotency-replayed']]).toEqual([202, 202, 'true']);
    expect(again.text).toBe(first.text);
    expect(await listed(id)).toHaveLength(1);
  });

  it('waits for credits together with the task', async () => {
    const id = await taskIn('paused', 'out_of_credits');
    const ended = await taskIn('completed');
    await withoutCredits(async () => {
      expect((await say(id)).status).toBe(202);
      expect(await say(ended)).toMatchObject({ status: 402, body: { code: 'insufficient_credits' } });
    });
    expect(await read(id)).toMatchObject({ status: 'paused', statusReason: 'out_of_credits', attemptCount: 1 });
    expect(await listed(ended)).toEqual([]);
    expect((await say(id)).status).toBe(202);
    expect(await read(id)).toMatchObject({ status: 'queued', attemptCount: 2 });
  });

  it('refuses more work on a pull request that was merged', async () => {
    const id = await taskIn('completed');
    await sql(
      `INSERT INTO pull_requests (id, repository_id, task_id, github_pr_id, pr_number, title, source_branch, target_branch, status, merged_at, origin, url)
       VALUES ($1, $2, $3, 5, 5, 't', 's', 'main', 'merged', now(), 'agent', 'https://example.com/5')`,
      newId(), repositoryId, id,
    );
    expect(await say(id)).toMatchObject({ status: 409, body: { code: 'task_not_resumable', taskStatus: 'completed', detail: expect.stringContaining('merged') as string } });
    expect(await listed(id)).toEqual([]);
  });

  it.each([
    ['nothing', {}, 'required'], ['no text', { content: 5 }, 'invalid_format'], ['an empty text', { content: '' }, 'invalid_format'], ['a blank one', { content: ' \n' }, 'invalid_format'],
    ['one too long', { content: 'x'.repeat(100_001) }, 'invalid_length'], ['a NUL', { content: 'a\0' }, 'invalid_text'],
  ])('refuses %s', async (_, body, code) => {
    const id = await taskIn('queued');
    const answer = await api.send('post', at(id, '/messages'), ada).send(body);
    expect(answer).toMatchObject({ status: 422, body: { code: 'validation_failed', errors: expect.arrayContaining([expect.objectContaining({ pointer: '/content', code })]) as unknown } });
    expect(await listed(id)).toEqual([]);
  });

  it('takes the longest one, and any script', async () => {
    const id = await taskIn('queued');
    const content = '語🦔'.repeat(50_000);
    expect(await say(id, content)).toMatchObject({ status: 202, body: { content } });
  });
});

describe('POST /tasks/{id}/pause and /resume', () => {
  const pause = (id: string, as = ada) => api.send('post', at(id, '/pause'), as).send({});
  const resume = (id: string, body: object = {}, as = ada) => api.send('post', at(id, '/resume'), as).send(body);

  it('pauses a queued task at once and goes on with it, each once', async () => {
    const id = await taskIn('queued');
    expect(await pause(id)).toMatchObject({ status: 202, body: { status: 'paused', statusReason: 'user_request' } });
    expect(await pause(id)).toMatchObject({ status: 409, body: { code: 'task_not_pausable', taskStatus: 'paused' } });
    const resumed = await resume(id);
    expect(resumed).toMatchObject({ status: 202, body: { status: 'queued', attempt: { number: 2 } } });
    expect(resumed.headers['etag']).toMatch(/^"/);
    expect(await resume(id)).toMatchObject({ status: 409, body: { code: 'task_not_resumable', taskStatus: 'queued' } });
  });

  it('takes no body at all', async () => {
    const id = await taskIn('queued');
    expect((await api.send('post', at(id, '/pause'), ada)).status).toBe(202);
    expect((await api.send('post', at(id, '/resume'), ada)).status).toBe(202);
  });

  it('tells the worker of a running task, as often as it is asked', async () => {
    const id = await taskIn('in_progress');
    for (const answer of [await pause(id), await pause(id)]) expect(answer).toMatchObject({ status: 202, body: { status: 'in_progress', pauseRequestedAt: expect.any(String) as string } });
  });

  it('goes on with a publication as a publication', async () => {
    const id = await taskIn('paused', 'user_request');
    await sql(`UPDATE task_attempts SET stage = 'publish' WHERE task_id = $1`, id);
    expect(await resume(id)).toMatchObject({ status: 202, body: { attempt: { number: 2, stage: 'publish' } } });
  });

  it.each([['waiting_for_user', 'question'], ['in_progress', null], ['completed', null], ['failed', 'stuck']])('does not resume a task that is %s', async (status, reason) => {
    const id = await taskIn(status, reason);
    expect(await resume(id, { maxCredits: 50 })).toMatchObject({ status: 409, body: { code: 'task_not_resumable', taskStatus: status } });
    expect(await read(id)).toMatchObject({ status, maxCredits: null });
  });

  it.each(['waiting_for_user', 'completed'])('does not pause a task that is %s', async (status) => {
    const id = await taskIn(status);
    expect(await pause(id)).toMatchObject({ status: 409, body: { code: 'task_not_pausable' } });
  });

  it('wants credits where they ran out', async () => {
    const id = await taskIn('paused', 'out_of_credits');
    const byChoice = await taskIn('paused', 'user_request');
    await withoutCredits(async () => {
      expect(await resume(id)).toMatchObject({ status: 402, body: { code: 'insufficient_credits', available: 0 } });
      expect((await resume(byChoice)).status).toBe(202);
    });
    expect(await read(id)).toMatchObject({ status: 'paused', attemptCount: 1 });
    expect((await resume(id)).status).toBe(202);
    expect(await sql('SELECT 1 FROM credit_holds WHERE task_id = $1', id)).toEqual([]);
  });

  it('wants a higher cap where that was used up, and keeps the old one otherwise', async () => {
    const id = await taskIn('paused', 'budget_exhausted', { maxCredits: 2 });
    await sql('UPDATE task_counters SET credits_used_micro = 1999999 WHERE task_id = $1', id);
    expect(await resume(id)).toMatchObject({ status: 402, body: { code: 'budget_exhausted' } });
    expect(await resume(id, { maxCredits: 2.000001 })).toMatchObject({ status: 402, body: { code: 'budget_exhausted' } });
    expect(await resume(id, { maxCredits: 1 })).toMatchObject({ status: 422, body: { errors: [{ pointer: '/maxCredits' }] } });
    expect(await read(id)).toMatchObject({ status: 'paused', maxCredits: 2 });
    expect(await resume(id, { maxCredits: 9.5 })).toMatchObject({ status: 202, body: { status: 'queued', maxCredits: 9.5 } });
  });

  it('needs one connection to the database, and never a second one while it has that', async () => {
    const [resumed, told] = [await taskIn('paused', 'out_of_credits'), await taskIn('paused', 'out_of_credits')];
    await withLastConnection(async () => {
      expect((await resume(resumed)).status).toBe(202);
      expect((await say(told)).status).toBe(202);
    });
    expect([await read(resumed), await read(told)]).toMatchObject([{ status: 'queued' }, { status: 'queued' }]);
  });

  it('refuses garbage', async () => {
    const id = await taskIn('paused', 'user_request');
    for (const body of [{ maxCredits: 0 }, { maxCredits: '5' }, { maxCredits: 1e-7 }, { credits: 5 }]) expect(await resume(id, body)).toMatchObject({ status: 422, body: { code: 'validation_failed' } });
    expect(await api.send('post', at(id, '/pause'), ada).send({ now: true })).toMatchObject({ status: 422, body: { errors: [{ pointer: '/now', code: 'unknown_field' }] } });
  });
});

it('knows no task of somebody else, none that is missing, and no id that is none', async () => {
  const id = await taskIn('paused', 'user_request');
  for (const [tail, body] of [['/messages', { content: 'x' }], ['/pause', {}], ['/resume', {}]] as const) {
    expect(await api.send('post', at(id, tail), eve).send(body)).toMatchObject({ status: 404, body: { code: 'not_found' } });
    expect(await api.send('post', at(newId(), tail), ada).send(body)).toMatchObject({ status: 404, body: { code: 'not_found' } });
    expect((await api.send('post', at('none', tail), ada).send(body)).status).toBe(400);
    expect((await api.send('post', at(id, tail)).send(body)).status).toBe(401);
  }
  const member = await api.signUp();
  await sql('INSERT INTO organization_members (organization_id, user_id, role) VALUES ($1, $2, $3)', ada.organizationId, member.userId, 'member');
  const as = (tail: string, body: object) => api.send('post', at(id, tail), member).set('X-Organization-Id', ada.organizationId).send(body);
  expect((await as('/resume', {})).status).toBe(403);
  expect((await as('/messages', { content: 'A colleague says so' })).status).toBe(202);
});

/** While all connections of the API's pool but one are taken. */
async function withLastConnection(work: () => Promise<void>): Promise<void> {
  const pool = api.app.get(DataSource, { strict: false });
  const taken = Array.from({ length: api.config.core.DATABASE_POOL_SIZE - 1 }, () => pool.createQueryRunner());
  try {
    await Promise.all(taken.map((runner) => runner.connect()));
    await work();
  } finally {
    await Promise.all(taken.map((runner) => runner.release()));
  }
}

async function withoutCredits(work: () => Promise<void>): Promise<void> {
  const [before] = await sql<{ available: string }>('SELECT available_micro AS available FROM credit_accounts WHERE organization_id = $1', ada.organizationId);
  await sql('UPDATE credit_accounts SET available_micro = 0 WHERE organization_id = $1', ada.organizationId);
  try {
    await work();
  } finally {
    await sql('UPDATE credit_accounts SET available_micro = $2 WHERE organization_id = $1', ada.organizationId, before?.available);
  }
}
