import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import { aTenant, TaskHouse, type Tenant } from '../testing';
import type { AttemptEnd } from './attempt-outcome';

let database: TestDatabase;
let house: TaskHouse;
let tenant: Tenant;
beforeAll(async () => {
  database = await openTestDatabase();
  house = new TaskHouse(database.dataSource);
  tenant = await aTenant(database.dataSource, { plan: { maxConcurrentTasks: null } });
});
afterAll(() => database.close());

const BASE = 'a'.repeat(40);
const owned = (id: string) => ({ organizationId: tenant.organization.id, id });
const view = async (id: string) => (await house.tasks.findForOrganization(database.dataSource.manager, tenant.organization.id, id))!;
const list = (id: string) => house.candidates.listForTask(database.dataSource.manager, tenant.organization.id, id);
const attend = (id: string) => house.work.run((tx) => house.candidateSweeps.attend(tx, id));
const due = async (id: string) => (await house.work.run((tx) => house.candidateSweeps.due(tx, 100))).includes(id);
const sql = <Row>(text: string, ...parameters: unknown[]) => database.dataSource.query<Row[]>(text, parameters);
const liveAttempt = async (taskId: string) => (await sql<{ id: string }>(`SELECT id FROM task_attempts WHERE task_id = $1 AND status IN ('queued','running')`, taskId))[0]?.id ?? '';

/** The worker's part of an attempt of a task with candidates. */
async function round(attemptId: string): Promise<readonly string[]> {
  const attempt = await house.claim(attemptId);
  const made = await house.work.run((tx) => house.candidateRounds.begin(tx, attempt));
  await house.work.run((tx) => house.lifecycle.finish(tx, attempt, made!.end, house.noHolds));
  return made!.enqueue;
}

async function begun(count: number, values: object = {}): Promise<{ taskId: string; children: string[] }> {
  const { taskId, attemptId } = await house.newTask(tenant, { candidates: count, maxCreditsMicro: 5_000_000n, tags: ['a'], options: { maxTurns: 7 }, ...values });
  expect(await round(attemptId)).toHaveLength(count);
  return { taskId, children: (await list(taskId)).map((candidate) => candidate.taskId) };
}

interface Work {
  readonly verification?: 'passed' | 'failed' | 'skipped';
  readonly patch?: string;
  readonly end?: AttemptEnd;
}

/** A candidate's worker from claim to end. */
async function works(taskId: string, { verification = 'passed', patch = 'diff', end = { kind: 'completed' } }: Work = {}): Promise<void> {
  const attempt = await house.claim(await liveAttempt(taskId));
  await house.work.run((tx) => house.lifecycle.advance(tx, attempt, 'in_progress', { baseSha: BASE }));
  await house.work.run(async (tx) => {
    await house.attempts.saveCheckpoint(tx, attempt, { step: 1, commit: 'b'.repeat(40), tree: 'c'.repeat(40) }, Buffer.from(`bundle of ${taskId}`));
    const checks = { phase: 'head' as const, status: verification, source: 'task', note: null, checks: [] };
    await house.events.append(tx, taskId, attempt.attemptId, [
      { type: 'verify', data: checks, internal: { verification: { by: taskId } } },
      { type: 'finished', data: { outcome: 'submitted', text: taskId }, internal: { outcome: { by: taskId } } },
    ]);
    await house.tasks.record(tx, taskId, { verification, baseSha: BASE });
    const result = { organizationId: tenant.organization.id, taskId, attemptId: attempt.attemptId, type: 'patch' as const, title: 'T', mediaType: 'text/x-patch', content: Buffer.from(patch) };
    if (patch !== '') await house.results.put(tx, result);
  });
  await house.work.run((tx) => house.lifecycle.finish(tx, attempt, end, house.noHolds));
}

describe('a task with candidates', () => {
  it('is tried by so many tasks of their own, which share its cap and keep its words', async () => {
    const { taskId, children } = await begun(3);
    expect(await view(taskId)).toMatchObject({ status: 'in_progress', statusReason: 'candidates', attemptStatus: 'suspended', deadlineAt: null, candidates: 3, chosenTaskId: null });
    for (const id of children) {
      expect(await view(id)).toMatchObject({ status: 'queued', source: 'candidate', parentTaskId: taskId, prompt: 'Do it.', tags: ['a'], options: { maxTurns: 7 }, maxCreditsMicro: null, candidates: null });
    }
    expect((await list(taskId)).map(({ number, status, reason }) => [number, status, reason])).toEqual([[1, 'queued', null], [2, 'queued', null], [3, 'queued', null]]);
    expect(await due(taskId)).toBe(false);
    expect(await attend(taskId)).toBeNull();
  });

  it('makes them once, whoever begins it again after a crash', async () => {
    const { taskId, attemptId } = await house.newTask(tenant, { candidates: 2 });
    const dead = await house.claim(attemptId);
    await house.work.run((tx) => house.candidateRounds.begin(tx, dead));
    await house.passLease(attemptId);
    const lost = await house.work.run((tx) => house.sweeps.loseAttempt(tx, attemptId, house.noHolds));
    await expect(house.work.run((tx) => house.candidateRounds.begin(tx, dead))).rejects.toThrow('no longer held');
    expect(await round(lost!.enqueue[0]!)).toEqual([]);
    expect(await list(taskId)).toHaveLength(2);
    expect(await view(taskId)).toMatchObject({ status: 'in_progress', statusReason: 'candidates' });
  });

  it('takes none of the places that its candidates need', async () => {
    const small = await aTenant(database.dataSource, { plan: { maxConcurrentTasks: 1 } });
    const { taskId, attemptId } = await house.newTask(small, { candidates: 2 });
    await round(attemptId);
    const [{ id }] = await sql<{ id: string }>('SELECT a.id FROM task_attempts a JOIN tasks t ON t.id = a.task_id WHERE t.parent_task_id = $1 ORDER BY a.id LIMIT 1', taskId) as [{ id: string }];
    expect(await house.claim(id)).toMatchObject({ number: 1 });
  });

  it('publishes the best one’s work in an attempt of its own, which goes on from that one’s checkpoint', async () => {
    const { taskId, children } = await begun(3);
    await works(children[0]!, { patch: 'a diff that is long' });
    await works(children[1]!, { patch: 'short', verification: 'failed' });
    expect(await attend(taskId)).toBeNull();
    await works(children[2]!, { patch: 'a diff' });
    expect(await due(taskId)).toBe(true);
    const swept = await attend(taskId);
    expect(swept).toMatchObject({ status: 'queued', enqueue: [expect.any(String)] });
    expect(await due(taskId)).toBe(false);
    expect(await attend(taskId)).toBeNull();
    expect(await view(taskId)).toMatchObject({ status: 'queued', statusReason: null, chosenTaskId: children[2], baseSha: BASE, attemptCount: 2 });
    const attempt = await house.claim(swept!.enqueue[0]!);
    expect(attempt).toMatchObject({ cause: 'publish', stage: 'publish', baseSha: BASE, checkpoint: { step: 1 } });
    expect((await house.attempts.readCheckpoint(database.dataSource.manager, attempt.attemptId))?.bundle?.toString()).toBe(`bundle of ${children[2]}`);
    const rows = await house.events.readForResume(database.dataSource.manager, taskId);
    expect(rows.filter(({ type }) => type === 'verify' || type === 'finished').map(({ internal }) => internal)).toEqual([{ verification: { by: children[2] } }, { outcome: { by: children[2] } }]);
    expect((await list(taskId)).map(({ chosen, reason }) => [chosen, reason])).toEqual([
      [false, 'its change is larger: 19 bytes against 6'], [false, 'its checks: failed; those of the chosen one: passed'], [true, 'chosen: checks passed, a change of 6 bytes'],
    ]);
    // Its own attempt is one like any other.
    expect(await house.work.run((tx) => house.candidateRounds.begin(tx, attempt))).toBeNull();
  });

  it('is chosen for once by sweepers that come together, and the patch is there when the bundle is not', async () => {
    const { taskId, children } = await begun(2);
    for (const id of children) await works(id);
    await sql('UPDATE task_attempts SET bundle_blob_id = NULL WHERE task_id = ANY($1::uuid[])', children);
    const swept = await Promise.all(Array.from({ length: 4 }, () => attend(taskId)));
    expect(swept.filter(Boolean)).toHaveLength(1);
    expect(await view(taskId)).toMatchObject({ attemptCount: 2, chosenTaskId: children[0] });
    const patch = await house.results.latest(database.dataSource.manager, tenant.organization.id, taskId, 'patch');
    expect((await house.results.content(database.dataSource.manager, tenant.organization.id, patch!.id))?.toString()).toBe('diff');
    expect(await house.claim(await liveAttempt(taskId))).toMatchObject({ checkpoint: null });
  });

  it('ends as its candidates did when none handed in a change', async () => {
    const failed = await begun(2);
    for (const id of failed.children) await works(id, { patch: '', end: { kind: 'failed', code: 'stuck', message: 'It went in circles.' } });
    expect(await attend(failed.taskId)).toMatchObject({ status: 'failed', reason: 'stuck' });
    expect(await view(failed.taskId)).toMatchObject({ status: 'failed', errorCode: 'stuck', completedAt: expect.any(Date) as Date });
    const idle = await begun(2);
    for (const id of idle.children) await works(id, { patch: '', end: { kind: 'completed', reason: 'no_changes' } });
    expect(await attend(idle.taskId)).toMatchObject({ status: 'completed', reason: 'no_changes' });
  });

  it('tries those again that failed when it is retried, and not those that did not', async () => {
    const { taskId, children } = await begun(2);
    await works(children[0]!, { patch: '', end: { kind: 'failed', code: 'stuck', message: 'It went in circles.' } });
    await works(children[1]!, { patch: '', end: { kind: 'timed_out' } });
    await attend(taskId);
    const { attemptId } = await house.work.run((tx) => house.commands.retry(tx, owned(taskId), { fromCheckpoint: true }));
    expect(await round(attemptId)).toHaveLength(2);
    await works(children[0]!);
    await works(children[1]!, { patch: '', end: { kind: 'timed_out' } });
    expect(await attend(taskId)).toMatchObject({ status: 'queued' });
    expect(await view(taskId)).toMatchObject({ chosenTaskId: children[0] });
  });
});

describe('people and a task with candidates', () => {
  it('cancel them with it, working or not', async () => {
    const { taskId, children } = await begun(3);
    const running = await house.claim(await liveAttempt(children[0]!));
    await works(children[1]!, { end: { kind: 'suspended', status: 'paused', reason: 'step_limit' } });
    expect(await house.work.run((tx) => house.commands.requestCancel(tx, owned(taskId)))).toBe('cancelled');
    expect(await view(taskId)).toMatchObject({ status: 'cancelled', completedAt: expect.any(Date) as Date });
    expect((await list(taskId)).map(({ status }) => status)).toEqual(['provisioning', 'cancelled', 'cancelled']);
    expect(await house.work.run((tx) => house.attempts.heartbeat(tx, running))).toMatchObject({ cancelRequested: true });
    expect(await house.work.run((tx) => house.commands.requestCancel(tx, owned(taskId)))).toBe('ended');
    expect(await due(taskId)).toBe(false);
  });

  it('cancel it while it is being begun: then none is made', async () => {
    const { taskId, attemptId } = await house.newTask(tenant, { candidates: 2 });
    const attempt = await house.claim(attemptId);
    expect(await house.work.run((tx) => house.commands.requestCancel(tx, owned(taskId)))).toBe('requested');
    const made = await house.work.run((tx) => house.candidateRounds.begin(tx, attempt));
    expect(made).toMatchObject({ enqueue: [], end: { kind: 'cancelled' } });
    await house.work.run((tx) => house.lifecycle.finish(tx, attempt, made!.end, house.noHolds));
    expect([await view(taskId), await list(taskId)]).toMatchObject([{ status: 'cancelled' }, []]);
  });

  it('pause them with it, and let them go on together', async () => {
    const { taskId, children } = await begun(2);
    const running = await house.claim(await liveAttempt(children[0]!));
    expect(await house.work.run((tx) => house.commands.requestPause(tx, owned(taskId)))).toBe('paused');
    expect(await view(taskId)).toMatchObject({ status: 'paused', statusReason: 'user_request' });
    await house.work.run((tx) => house.lifecycle.finish(tx, running, { kind: 'suspended', status: 'paused', reason: 'user_request' }, house.noHolds));
    expect((await list(taskId)).map(({ status }) => status)).toEqual(['paused', 'paused']);
    const { attemptId } = await house.work.run((tx) => house.commands.resume(tx, owned(taskId), 'resume'));
    expect(await round(attemptId)).toHaveLength(2);
    expect((await list(taskId)).map(({ status }) => status)).toEqual(['queued', 'queued']);
  });

  it('wait with them for credits, and choose without those that still wait once one is done', async () => {
    const { taskId, children } = await begun(3);
    const outOfBudget: AttemptEnd = { kind: 'suspended', status: 'paused', reason: 'budget_exhausted' };
    for (const id of children) await works(id, { end: outOfBudget });
    expect(await attend(taskId)).toMatchObject({ status: 'paused', reason: 'budget_exhausted' });
    await expect(house.work.run((tx) => house.commands.resume(tx, owned(children[0]!), 'resume'))).rejects.toThrow(`candidate of task ${taskId}, which is paused`);
    const { attemptId } = await house.work.run((tx) => house.commands.resume(tx, owned(taskId), 'resume'));
    expect(await round(attemptId)).toHaveLength(3);
    await works(children[2]!);
    for (const id of [children[0]!, children[1]!]) await works(id, { end: outOfBudget });
    expect(await attend(taskId)).toMatchObject({ status: 'queued' });
    expect(await view(taskId)).toMatchObject({ chosenTaskId: children[2] });
    expect((await list(taskId)).map(({ status }) => status)).toEqual(['cancelled', 'cancelled', 'completed']);
  });

  it('are heard by every candidate, also by one that asked', async () => {
    const { taskId, children } = await begun(2);
    await works(children[0]!, { patch: '', end: { kind: 'suspended', status: 'waiting_for_user', reason: 'question' } });
    const say = (content: string) => house.work.run((tx) => house.messages.append(tx, { taskId, attemptId: null, role: 'user', authorUserId: tenant.user.id, content }));
    await say('Use tabs.');
    expect(await due(taskId)).toBe(true);
    expect(await attend(taskId)).toMatchObject({ status: 'in_progress', enqueue: [expect.any(String)] });
    for (const id of children) {
      expect(await view(id)).toMatchObject({ status: 'queued' });
      expect(await house.messages.undelivered(database.dataSource.manager, id)).toMatchObject([{ content: 'Use tabs.', authorUserId: tenant.user.id }]);
    }
    expect(await house.messages.undelivered(database.dataSource.manager, taskId)).toEqual([]);
    expect(await due(taskId)).toBe(false);
  });

  it('cannot publish a candidate, nor take one up again after the choice', async () => {
    const { taskId, children } = await begun(2);
    for (const id of children) await works(id);
    await attend(taskId);
    const child = owned(children[1]!);
    await expect(house.work.run((tx) => house.commands.publish(tx, child, {}))).rejects.toMatchObject({ code: 'task_not_publishable' });
    await expect(house.work.run((tx) => house.commands.resume(tx, child, 'message'))).rejects.toMatchObject({ code: 'task_not_resumable' });
    await expect(house.work.run((tx) => house.commands.retry(tx, child, { fromCheckpoint: true }))).rejects.toMatchObject({ code: 'task_not_retryable' });
  });
});
