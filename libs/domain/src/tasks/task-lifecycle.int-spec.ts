import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import { aPullRequest, aTenant, TaskHouse, type Tenant } from '../testing';
import type { ClaimedAttempt } from './attempt-lease';
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

const owned = (taskId: string) => ({ organizationId: tenant.organization.id, id: taskId });
const view = async (taskId: string) => (await house.tasks.findForOrganization(database.dataSource.manager, tenant.organization.id, taskId))!;
const finish = (attempt: ClaimedAttempt, end: AttemptEnd) => house.work.run((tx) => house.lifecycle.finish(tx, attempt, end, house.noHolds));
const cancel = (taskId: string) => house.work.run((tx) => house.commands.requestCancel(tx, owned(taskId)));
const statuses = async (taskId: string) => {
  const events = await house.events.readAfter(database.dataSource.manager, { organizationId: tenant.organization.id, taskId }, 0, 1_000);
  return events.flatMap((event) => (event.type === 'status' ? [(event.data as { to: string }).to] : []));
};

describe('the main job', () => {
  it('goes from queued to completed, with an event for each step', async () => {
    const attempt = await house.runningTask(tenant);
    await house.work.run((tx) => house.lifecycle.advance(tx, attempt, 'publishing', { headSha: 'a'.repeat(40) }));
    expect(await finish(attempt, { kind: 'completed' })).toEqual({ status: 'completed', reason: null, wake: null });
    expect(await view(attempt.taskId)).toMatchObject({ status: 'completed', progress: 100, attemptStatus: 'succeeded', attemptStage: 'done', attemptCount: 1, workBranch: `async-coder/${attempt.taskId}` });
    expect(await statuses(attempt.taskId)).toEqual(['queued', 'provisioning', 'in_progress', 'publishing', 'completed']);
    const [figures] = await database.dataSource.query<object[]>('SELECT succeeded, attempt_count FROM task_analytics WHERE task_id = $1', [attempt.taskId]);
    expect(figures).toEqual({ succeeded: true, attempt_count: 1 });
  });

  it('knows of a pull request that was merged before its task had ended', async () => {
    const attempt = await house.runningTask(tenant);
    const { repositoryId } = await view(attempt.taskId);
    await aPullRequest(database.dataSource, { repositoryId, taskId: attempt.taskId, origin: 'agent', status: 'merged', mergedAt: new Date(), additions: 7, deletions: 2, changedFiles: 3 });
    await finish(attempt, { kind: 'completed' });
    expect(await database.dataSource.query('SELECT pull_request_merged, lines_added, lines_deleted, files_modified FROM task_analytics WHERE task_id = $1', [attempt.taskId])).toEqual([
      { pull_request_merged: true, lines_added: 7, lines_deleted: 2, files_modified: 3 },
    ]);
  });

  it('releases what the attempt holds in the same transaction as its end', async () => {
    const attempt = await house.runningTask(tenant);
    const broken = () => Promise.reject(new Error('no credits today'));
    await expect(house.work.run((tx) => house.lifecycle.finish(tx, attempt, { kind: 'completed' }, broken))).rejects.toThrow('no credits today');
    expect((await view(attempt.taskId)).status).toBe('in_progress');
    const closed: string[] = [];
    await house.work.run((tx) => house.lifecycle.finish(tx, attempt, { kind: 'completed' }, (_, id) => Promise.resolve(closed.push(id))));
    expect(closed).toEqual([attempt.attemptId]);
  });

  it('ends with the error of a failed attempt', async () => {
    const attempt = await house.runningTask(tenant);
    await finish(attempt, { kind: 'failed', code: 'push_failed', message: 'The branch is protected.', retryable: true });
    expect(await view(attempt.taskId)).toMatchObject({ status: 'failed', statusReason: 'push_failed', errorCode: 'push_failed', errorMessage: 'The branch is protected.', attemptStatus: 'failed' });
  });
});

describe('cancel', () => {
  it('ends a waiting task at once and releases its attempt', async () => {
    const { taskId, attemptId } = await house.newTask(tenant);
    expect(await cancel(taskId)).toBe('cancelled');
    expect(await cancel(taskId)).toBe('ended');
    expect(await view(taskId)).toMatchObject({ status: 'cancelled', statusReason: 'user_request', attemptStatus: 'cancelled' });
    expect(await house.work.run((tx) => house.lifecycle.claim(tx, attemptId, 'w'))).toEqual({ kind: 'gone' });
  });

  it('tells a running task, whose worker then ends it, whatever else it had to report', async () => {
    const attempt = await house.runningTask(tenant);
    expect([await cancel(attempt.taskId), await cancel(attempt.taskId)]).toEqual(['requested', 'requested']);
    expect((await view(attempt.taskId)).cancelRequestedAt).not.toBeNull();
    expect(await finish(attempt, { kind: 'suspended', status: 'waiting_for_user', reason: 'question' })).toMatchObject({ status: 'cancelled', reason: 'user_request' });
  });

  it('is carried out by whoever takes the task out of a worker’s hands', async () => {
    const handed = await house.runningTask(tenant);
    await cancel(handed.taskId);
    expect(await house.work.run((tx) => house.lifecycle.handOver(tx, handed, { reason: null }, house.noHolds))).toMatchObject({ status: 'cancelled' });
    const lost = await house.runningTask(tenant);
    await cancel(lost.taskId);
    await house.passLease(lost.attemptId);
    expect(await house.work.run((tx) => house.sweeps.loseAttempt(tx, lost.attemptId, house.noHolds))).toMatchObject({ status: 'cancelled', enqueue: [] });
  });

  it('races with claims and hand-overs without losing a task', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 24 }, async (_, n) => {
        const { taskId, attemptId } = await house.newTask(tenant);
        const claimed = house.work.run((tx) => house.lifecycle.claim(tx, attemptId, 'w')).then(async (result) => {
          if (result.kind === 'claimed' && n % 2 === 0) await house.work.run((tx) => house.lifecycle.handOver(tx, result.attempt, { reason: null }, house.noHolds));
          return result;
        });
        const [result, said] = await Promise.all([claimed, cancel(taskId)]);
        return { result, said, task: await view(taskId) };
      }),
    );
    for (const { said, task } of outcomes) {
      if (said === 'cancelled' || task.status === 'cancelled') expect(task).toMatchObject({ status: 'cancelled', attemptStatus: 'cancelled' });
      else expect(task).toMatchObject({ attemptStatus: 'running', cancelRequestedAt: expect.any(Date) as Date });
    }
  });

  it('is foreign to other organizations', async () => {
    const { taskId } = await house.newTask(tenant);
    const other = await aTenant(database.dataSource);
    await expect(house.work.run((tx) => house.commands.requestCancel(tx, { organizationId: other.organization.id, id: taskId }))).rejects.toMatchObject({ code: 'not_found' });
    expect((await view(taskId)).status).toBe('queued');
  });
});

describe('a lost worker', () => {
  it('costs the task an attempt, and the task ends at the cap', async () => {
    let { attemptId } = await house.newTask(tenant);
    const taskId = (await house.claim(attemptId)).taskId;
    for (let lost = 1; lost <= 2; lost++) {
      await house.passLease(attemptId);
      const swept = await house.work.run((tx) => house.sweeps.loseAttempt(tx, attemptId, house.noHolds));
      expect(swept).toMatchObject({ status: 'queued', reason: 'worker_lost' });
      attemptId = swept!.enqueue[0]!;
      expect(await view(taskId)).toMatchObject({ status: 'queued', failureCount: lost, attemptNumber: lost + 1 });
      await house.claim(attemptId);
    }
    await house.passLease(attemptId);
    expect(await house.work.run((tx) => house.sweeps.loseAttempt(tx, attemptId, house.noHolds))).toMatchObject({ status: 'failed', reason: 'worker_lost', enqueue: [] });
    expect(await view(taskId)).toMatchObject({ status: 'failed', errorCode: 'worker_lost', failureCount: 3, attemptStatus: 'lost' });
  });
});

describe('time', () => {
  it('ends a task past its deadline: a waiting one at once, a running one after the grace', async () => {
    const overdue = async (attemptId: string, taskId: string, seconds: number) => {
      await database.dataSource.query(`UPDATE tasks SET deadline_at = now() - make_interval(secs => $2) WHERE id = $1`, [taskId, seconds]);
      return house.work.run((tx) => house.sweeps.endOverdue(tx, attemptId, house.noHolds));
    };
    const waiting = await house.newTask(tenant);
    expect(await overdue(waiting.attemptId, waiting.taskId, 1)).toMatchObject({ status: 'timed_out', reason: 'deadline' });
    const running = await house.runningTask(tenant);
    expect(await overdue(running.attemptId, running.taskId, 1)).toBeNull();
    expect(await overdue(running.attemptId, running.taskId, 61)).toMatchObject({ status: 'timed_out' });
    expect(await view(running.taskId)).toMatchObject({ status: 'timed_out', attemptStatus: 'timed_out' });
  });

  it('starts a scheduled task when it is due', async () => {
    const scheduledAt = new Date(Date.now() + 3_600_000);
    const { taskId, attemptId } = await house.newTask(tenant, { status: 'scheduled', scheduledAt });
    expect(attemptId).toBe('');
    expect(await house.sweeps.dueScheduledTasks(database.dataSource.manager, 100)).not.toContain(taskId);
    await database.dataSource.query('UPDATE tasks SET scheduled_at = now() WHERE id = $1', [taskId]);
    const swept = await Promise.all([1, 2, 3].map(() => house.work.run((tx) => house.sweeps.startScheduled(tx, taskId))));
    expect(swept.filter((one) => one !== null)).toMatchObject([{ status: 'queued', enqueue: [expect.any(String)] }]);
    expect(await view(taskId)).toMatchObject({ status: 'queued', attemptCount: 1, attemptNumber: 1 });
  });

  it.each([
    [{ reason: 'provider_unavailable' }, 'provider_unavailable'],
    [{ reason: 'forge_unavailable', giveUp: { code: 'setup_failed', message: 'The repository could not be reached.' } }, 'setup_failed'],
  ] as const)('gives a task back while what it needs is away, three times: %o', async (handOver, code) => {
    const { attemptId, taskId } = await house.newTask(tenant);
    for (let wait = 0; wait < 3; wait++) {
      const attempt = await house.claim(attemptId);
      expect(await house.work.run((tx) => house.lifecycle.handOver(tx, attempt, handOver, house.noHolds))).toMatchObject({ status: 'queued', reason: handOver.reason });
      expect((await view(taskId)).queueAvailableAt!.getTime()).toBeGreaterThan(Date.now() + 20_000);
      await database.dataSource.query('UPDATE task_attempts SET available_at = now() WHERE id = $1', [attemptId]);
    }
    const last = await house.claim(attemptId);
    expect(await house.work.run((tx) => house.lifecycle.handOver(tx, last, handOver, house.noHolds))).toMatchObject({ status: 'failed', reason: code });
  });
});

describe('going on', () => {
  const failed = async () => {
    const attempt = await house.runningTask(tenant);
    await house.work.run((tx) => house.attempts.saveCheckpoint(tx, attempt, { step: 4, commit: 'c', tree: 't' }, Buffer.from('bundle')));
    await finish(attempt, { kind: 'failed', code: 'push_failed', message: 'no' });
    return attempt;
  };

  it('retries from the checkpoint, or anew without the history before', async () => {
    const { taskId } = await failed();
    const again = await house.work.run((tx) => house.commands.retry(tx, owned(taskId), { fromCheckpoint: true }));
    expect(again.number).toBe(2);
    expect(await view(taskId)).toMatchObject({ status: 'queued', errorCode: null, completedAt: null, failureCount: 0, deadlineAt: null });
    const second = await house.claim(again.attemptId);
    expect(second).toMatchObject({ cause: 'retry', stage: 'agent', checkpoint: { step: 4 } });
    await finish(second, { kind: 'failed', code: 'stuck', message: 'no' });
    const anew = await house.work.run((tx) => house.commands.retry(tx, owned(taskId), { fromCheckpoint: false, requestedModel: 'auto' }));
    expect(await house.claim(anew.attemptId)).toMatchObject({ stage: 'prepare', checkpoint: null, baseSha: null });
    const history = await house.events.readForResume(database.dataSource.manager, taskId);
    expect(history.map((event) => event.attempt)).toEqual([3, 3]);
    await expect(house.work.run((tx) => house.commands.retry(tx, owned(taskId), { fromCheckpoint: true }))).rejects.toMatchObject({ code: 'task_not_retryable' });
  });

  it('publishes only an ended task with a patch', async () => {
    const attempt = await failed();
    const publish = () => house.work.run((tx) => house.commands.publish(tx, owned(attempt.taskId), { draftPullRequest: false, pullRequestTitle: 'Mine' }));
    await expect(publish()).rejects.toMatchObject({ code: 'task_not_publishable' });
    await house.work.run((tx) => house.results.put(tx, { organizationId: tenant.organization.id, taskId: attempt.taskId, attemptId: attempt.attemptId, type: 'patch', title: null, mediaType: 'text/x-patch', content: Buffer.from('diff') }));
    const results = await Promise.allSettled([publish(), publish(), publish()]);
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
    const task = await view(attempt.taskId);
    expect(task.options).toMatchObject({ draftPullRequest: false, pullRequestTitle: 'Mine' });
    expect(task).toMatchObject({ status: 'queued', attemptStage: 'publish' });
  });

  it('pauses and resumes', async () => {
    const waiting = await house.newTask(tenant);
    expect(await house.work.run((tx) => house.commands.requestPause(tx, owned(waiting.taskId)))).toBe('paused');
    const running = await house.runningTask(tenant);
    expect(await house.work.run((tx) => house.commands.requestPause(tx, owned(running.taskId)))).toBe('requested');
    await finish(running, { kind: 'suspended', status: 'paused', reason: 'user_request' });
    expect(await view(running.taskId)).toMatchObject({ status: 'paused', pauseRequestedAt: null, attemptStatus: 'suspended' });
    await expect(house.work.run((tx) => house.commands.requestPause(tx, owned(running.taskId)))).rejects.toMatchObject({ code: 'task_not_pausable' });
    const next = await house.work.run((tx) => house.commands.resume(tx, owned(running.taskId), 'resume'));
    expect(await house.claim(next.attemptId)).toMatchObject({ cause: 'resume', number: 2 });
  });

  it.each<[AttemptEnd, string]>([
    [{ kind: 'suspended', status: 'waiting_for_user', reason: 'question' }, 'queued'],
    [{ kind: 'completed' }, 'queued'],
    [{ kind: 'suspended', status: 'paused', reason: 'user_request' }, 'paused'],
    [{ kind: 'failed', code: 'stuck', message: 'Stuck.' }, 'failed'],
  ])('reads a message that came too late for %j by another attempt, where the task would not wait for a person anyway', async (end, status) => {
    const attempt = await house.runningTask(tenant);
    await house.work.run((tx) => house.messages.append(tx, { taskId: attempt.taskId, attemptId: null, role: 'user', authorUserId: tenant.user.id, content: 'One more thing' }));
    const ended = await finish(attempt, end);
    expect(await view(attempt.taskId)).toMatchObject({ status, attemptCount: status === 'queued' ? 2 : 1 });
    if (status !== 'queued') return;
    const next = await house.claim(ended.wake ?? '');
    expect(next).toMatchObject({ cause: 'message', stage: 'agent', taskId: attempt.taskId });
    const [message] = await house.messages.undelivered(database.dataSource.manager, attempt.taskId);
    await house.work.run((tx) => house.messages.markDelivered(tx, attempt.taskId, [message!.id]));
    await house.work.run((tx) => house.lifecycle.advance(tx, next, 'in_progress'));
    expect(await finish(next, end)).toMatchObject({ wake: null });
  });

  it('starts a draft once', async () => {
    const { taskId } = await house.newTask(tenant, { status: 'draft' });
    const started = await Promise.allSettled([1, 2, 3].map(() => house.work.run((tx) => house.commands.start(tx, owned(taskId)))));
    expect(started.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
    expect(await statuses(taskId)).toEqual(['draft', 'queued']);
  });
});
