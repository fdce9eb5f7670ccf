import { newId } from '@app/common';
import { planContent } from '@app/domain';
import { aGitRepo } from '@app/domain/testing';
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

const STEP = { id: 's1', title: 'Read', description: 'Read it.', files: ['a.js'], risks: null, tests: null };
const OTHER = { id: 's2', title: 'Write', description: 'Write it.', files: ['b.js (new)'], risks: 'Few.', tests: 'npm test' };
const PLAN = { steps: [STEP, OTHER], markdown: '# Plan' };

const at = (id: string, tail = ''): string => `/api/v1/tasks/${id}${tail}`;
const sql = <Row>(text: string, ...parameters: unknown[]) => api.database.dataSource.query<Row[]>(text, parameters);
const post = (path: string, body: object = {}, as = ada) => api.send('post', path, as).send(body);
const read = async (id: string): Promise<Body> => (await api.send('get', at(id), ada)).body as Body;
const plan = async (id: string) => (await api.send('get', at(id, '/plan'), ada)).body as Body;
const messages = async (id: string) => ((await api.send('get', at(id, '/messages'), ada)).body as { data: Body[] }).data.map(({ content }) => content);

/** A task whose attempt proposed the plan and ended. */
async function proposed({ mode = 'code', status = 'waiting_for_approval', fields = {} }: { mode?: string; status?: string; fields?: object } = {}): Promise<string> {
  const { id } = (await post('/api/v1/tasks', { prompt: 'Build it', repositoryId, title: 'Build', tags: ['x'], ...fields })).body as Body;
  const [attempt] = await sql<{ id: string }>(`UPDATE task_attempts SET status = 'suspended', stage = 'agent', finished_at = now() WHERE task_id = $1 RETURNING id`, id).then((rows) => rows.flat());
  await sql(`UPDATE tasks SET mode = $2, status = $3, status_reason = 'plan_ready', plan_status = 'proposed', completed_at = CASE WHEN $3 = 'completed' THEN now() END WHERE id = $1`, id, mode, status);
  await sql(`INSERT INTO task_results (id, task_id, attempt_id, result_type, title, content, media_type) VALUES ($1, $2, $3, 'plan', 'P', $4, 'application/json')`, newId(), id, attempt?.id, planContent(PLAN).toString());
  return id;
}

describe('the plan of a task that changes something', () => {
  it('is shown, and approved as it was edited: the next attempt goes on with it', async () => {
    const id = await proposed();
    expect(await plan(id)).toMatchObject({ status: 'proposed', ...PLAN, decidedAt: null, decidedBy: null });
    const answer = await post(at(id, '/plan/approve'), { comment: 'Keep it small.', steps: [{ id: 's2', title: 'Write', description: 'Write only this.' }] });
    expect(answer).toMatchObject({ status: 202, body: { number: 2, cause: 'approval', stage: 'agent', status: 'queued' } });
    expect(await read(id)).toMatchObject({ status: 'queued', planStatus: 'approved' });
    expect(await plan(id)).toMatchObject({ status: 'approved', steps: [{ id: 's2', description: 'Write only this.', files: [], risks: null, tests: null }], decidedBy: { id: ada.userId } });
    expect(await messages(id)).toEqual(['Keep it small.']);
    expect(await post(at(id, '/plan/approve'))).toMatchObject({ status: 409, body: { code: 'plan_not_waiting' } });
    expect(await post(at(id, '/plan/reject'))).toMatchObject({ status: 409, body: { code: 'plan_not_waiting' } });
    const audits = await sql<{ action: string }>(`SELECT action FROM audit_logs WHERE target_id = $1 AND action LIKE 'task.plan%'`, id);
    expect(audits).toEqual([{ action: 'task.plan_approved' }]);
  });

  it('is approved once by calls that come together', async () => {
    const id = await proposed();
    const answers = await Promise.all(Array.from({ length: 6 }, () => post(at(id, '/plan/approve'))));
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 409, 409, 409, 409, 409]);
    expect(await read(id)).toMatchObject({ attemptCount: 2 });
  });

  it('goes back with a comment, or without', async () => {
    const id = await proposed();
    expect(await post(at(id, '/plan/reject'), { comment: 'Too big.' })).toMatchObject({ status: 202, body: { cause: 'message', stage: 'agent' } });
    expect(await read(id)).toMatchObject({ status: 'queued', planStatus: 'rejected' });
    expect([await messages(id), (await plan(id)).status]).toEqual([['Too big.'], 'rejected']);
    const other = await proposed();
    expect((await post(at(other, '/plan/reject'))).status).toBe(202);
    expect(await messages(other)).toEqual(['I do not approve this plan. Propose another one.']);
  });
});

describe('the plan of an architect', () => {
  it.each(['waiting_for_approval', 'completed'])('is carried out by a child of the task that is %s, made once', async (status) => {
    const id = await proposed({ mode: 'architect', status, fields: { maxCredits: 50, options: { maxTurns: 9 } } });
    const answer = await post(at(id, '/plan/approve'), { steps: [OTHER], comment: 'Go.' });
    expect(answer).toMatchObject({
      status: 201,
      body: { mode: 'code', source: 'plan', parentTaskId: id, prompt: 'Build it', title: 'Build', tags: ['x'], maxCredits: null, status: 'queued', options: { maxTurns: 9 }, forkedFromTaskId: null },
    });
    const child = answer.body as Body;
    expect(answer.headers.location).toBe(at(child.id));
    expect(await read(id)).toMatchObject({ status: 'completed', planStatus: 'approved', completedAt: expect.any(String) as string });
    expect([await messages(child.id), (await plan(id)).steps]).toEqual([['Go.'], [OTHER]]);
    const again = await post(at(id, '/plan/approve'), { steps: [STEP] });
    expect(again).toMatchObject({ status: 200, body: { id: child.id } });
    expect((await plan(id)).steps).toEqual([OTHER]);
    const children = (await api.send('get', `/api/v1/tasks?parentTaskId=${id}`, ada)).body as { data: Body[] };
    expect(children.data).toHaveLength(1);
  });

  it('makes one child of calls that come together, and replays an answer by its key', async () => {
    const id = await proposed({ mode: 'architect' });
    const key = newId();
    const answers = await Promise.all(Array.from({ length: 5 }, () => post(at(id, '/plan/approve'))));
    expect(new Set(answers.map(({ body }) => (body as Body).id)).size).toBe(1);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 201]);
    const other = await proposed({ mode: 'architect' });
    const [first, second] = [await post(at(other, '/plan/approve')).set('Idempotency-Key', key), await post(at(other, '/plan/approve')).set('Idempotency-Key', key)];
    expect([first.status, second.status, second.text === first.text]).toEqual([201, 201, true]);
  });

  it('goes back from a task that had completed', async () => {
    const id = await proposed({ mode: 'architect', status: 'completed' });
    expect((await post(at(id, '/plan/reject'), { comment: 'Think again.' })).status).toBe(202);
    expect(await read(id)).toMatchObject({ status: 'queued', planStatus: 'rejected', completedAt: null });
  });

  it('makes no child without credits, and stays as it was', async () => {
    const id = await proposed({ mode: 'architect' });
    await sql('UPDATE credit_accounts SET available_micro = 0 WHERE organization_id = $1', ada.organizationId);
    expect(await post(at(id, '/plan/approve'))).toMatchObject({ status: 402, body: { code: 'insufficient_credits' } });
    expect(await read(id)).toMatchObject({ status: 'waiting_for_approval', planStatus: 'proposed' });
    await sql('UPDATE credit_accounts SET available_micro = 1000000000 WHERE organization_id = $1', ada.organizationId);
  });
});

describe('other callers and other tasks', () => {
  it('see nothing of it', async () => {
    const id = await proposed();
    for (const path of ['/plan/approve', '/plan/reject']) expect(await post(at(id, path), {}, eve)).toMatchObject({ status: 404, body: { code: 'not_found' } });
    expect((await api.send('get', at(id, '/plan'), eve)).status).toBe(404);
    expect(await read(id)).toMatchObject({ planStatus: 'proposed', status: 'waiting_for_approval' });
  });

  it('have no plan unless they proposed one', async () => {
    const { id } = (await post('/api/v1/tasks', { prompt: 'Build it', repositoryId })).body as Body;
    expect((await api.send('get', at(id, '/plan'), ada)).status).toBe(404);
    expect(await post(at(id, '/plan/approve'))).toMatchObject({ status: 409, body: { code: 'plan_not_waiting', taskStatus: 'queued' } });
  });

  it.each([
    [{ steps: [] }, '/steps'], [{ steps: [{ ...STEP, title: ' ' }] }, '/steps/0/title'], [{ steps: [STEP, STEP] }, '/steps'], [{ steps: [{ ...STEP, files: 'a.js' }] }, '/steps/0/files'],
    [{ steps: [{ ...STEP, more: 1 }] }, '/steps/0/more'], [{ steps: [null] }, '/steps'], [{ steps: 'all' }, '/steps'], [{ comment: ' ' }, '/comment'], [{ comment: 5 }, '/comment'], [{ plan: 'x' }, '/plan'],
  ])('are told what is wrong with %j', async (body, pointer) => {
    const id = await proposed();
    const answer = await post(at(id, '/plan/approve'), body);
    expect(answer.status).toBe(422);
    expect((answer.body as { errors: { pointer: string }[] }).errors[0]?.pointer).toContain(pointer);
    expect(await read(id)).toMatchObject({ planStatus: 'proposed' });
  });
});
