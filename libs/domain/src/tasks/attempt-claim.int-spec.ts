import { setTimeout } from 'node:timers/promises';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import { aTenant, TaskHouse, type Tenant } from '../testing';
import type { ClaimResult } from './attempt-lease';

let database: TestDatabase;
let house: TaskHouse;
beforeAll(async () => {
  database = await openTestDatabase();
  house = new TaskHouse(database.dataSource);
});
afterAll(() => database.close());

const unlimited = () => aTenant(database.dataSource, { plan: { maxConcurrentTasks: null } });
const claim = (attemptId: string, worker: string) => house.work.run((tx) => house.lifecycle.claim(tx, attemptId, worker));
const kinds = (results: ClaimResult[], kind: ClaimResult['kind']) => results.filter((result) => result.kind === kind).length;
const view = async (tenant: Tenant, taskId: string) => (await house.tasks.findForOrganization(database.dataSource.manager, tenant.organization.id, taskId))!;

describe('claiming an attempt', () => {
  it('lets one of 16 workers win', async () => {
    const tenant = await unlimited();
    const { taskId, attemptId } = await house.newTask(tenant, { timeoutSeconds: 600 });
    const results = await Promise.all(Array.from({ length: 16 }, (_, n) => claim(attemptId, `worker-${n}`)));
    expect(kinds(results, 'claimed')).toBe(1);
    expect(kinds(results, 'gone')).toBe(15);
    const won = results.find((result) => result.kind === 'claimed');
    expect(won).toMatchObject({ attempt: { attemptId, taskId, fence: 1n, number: 1, cause: 'start', stage: 'prepare', organizationId: tenant.organization.id } });
    const task = await view(tenant, taskId);
    expect(task).toMatchObject({ status: 'provisioning', statusReason: null, attemptStatus: 'running', queuePosition: null });
    expect(task.deadlineAt!.getTime() - task.startedAt!.getTime()).toBe(600_000);
  });

  it('counts the running tasks of an organization under 20 claims at once', async () => {
    const tenant = await aTenant(database.dataSource, { plan: { maxConcurrentTasks: 3 } });
    const attempts = await Promise.all(Array.from({ length: 20 }, () => house.newTask(tenant)));
    const results = await Promise.all(attempts.map(({ attemptId }, n) => claim(attemptId, `worker-${n}`)));
    expect(kinds(results, 'claimed')).toBe(3);
    expect(kinds(results, 'concurrency_limit')).toBe(17);
    const waiting = results.find((result) => result.kind === 'concurrency_limit') as { taskId: string };
    const task = await view(tenant, waiting.taskId);
    expect(task).toMatchObject({ status: 'queued', statusReason: 'concurrency_limit' });
    expect(task.queueAvailableAt!.getTime()).toBeGreaterThan(Date.now());
  });

  it('says once that a task waits, and wakes it when a place is free', async () => {
    const tenant = await aTenant(database.dataSource, { plan: { maxConcurrentTasks: 1 } });
    const running = await house.runningTask(tenant);
    const low = await house.newTask(tenant, { priority: 'low' });
    const high = await house.newTask(tenant, { priority: 'high' });
    for (const { attemptId } of [low, high, low]) {
      await database.dataSource.query('UPDATE task_attempts SET available_at = now() WHERE id = $1', [attemptId]);
      expect((await claim(attemptId, 'w')).kind).toBe('concurrency_limit');
    }
    expect(await house.events.lastSeq(database.dataSource.manager, low.taskId)).toBe(2);
    const ended = await house.work.run((tx) => house.lifecycle.finish(tx, running, { kind: 'completed' }, house.noHolds));
    expect(ended).toEqual({ status: 'completed', reason: null, wake: high.attemptId });
    expect((await claim(high.attemptId, 'w')).kind).toBe('claimed');
  });

  it('lets one process take over what was claimed for it, and fences the claimer off', async () => {
    const tenant = await unlimited();
    const { attemptId } = await house.newTask(tenant);
    const claimed = await house.claim(attemptId);
    const adopt = (fence: bigint) => house.work.run((tx) => house.attempts.adopt(tx, attemptId, fence, 'a-pod:1'));
    expect(await adopt(claimed.fence + 1n)).toBeNull();
    const taken = (await Promise.all([adopt(claimed.fence), adopt(claimed.fence), adopt(claimed.fence)])).filter((attempt) => attempt !== null);
    expect(taken).toEqual([{ ...claimed, fence: claimed.fence + 1n, waitedSeconds: 0 }]);
    expect(await house.attempts.heartbeat(database.dataSource.manager, claimed)).toBeNull();
    await expect(house.work.run((tx) => house.lifecycle.finish(tx, claimed, { kind: 'completed' }, house.noHolds))).rejects.toMatchObject({ stopCause: 'lease_lost' });
    expect(await house.attempts.heartbeat(database.dataSource.manager, taken[0]!)).toMatchObject({ cancelRequested: false });
    await house.passLease(attemptId);
    expect(await adopt(claimed.fence + 1n)).toBeNull();
  });

  it('leaves an attempt alone before its time', async () => {
    const { attemptId } = await house.newTask(await unlimited());
    await database.dataSource.query(`UPDATE task_attempts SET available_at = now() + interval '1 hour' WHERE id = $1`, [attemptId]);
    expect((await claim(attemptId, 'w')).kind).toBe('gone');
  });
});

describe('the fence', () => {
  it('refuses a worker whose lease passed, whose attempt was given back, or that never had it', async () => {
    const tenant = await unlimited();
    const { manager } = database.dataSource;
    const attempt = await house.runningTask(tenant);
    await expect(house.work.run((tx) => house.attempts.fence(tx, attempt))).resolves.toBeUndefined();
    await expect(house.work.run((tx) => house.attempts.fence(tx, { ...attempt, fence: 2n }))).rejects.toMatchObject({ stopCause: 'lease_lost' });
    await house.passLease(attempt.attemptId);
    const refused = { stopCause: 'lease_lost' };
    await expect(house.work.run((tx) => house.attempts.fence(tx, attempt))).rejects.toMatchObject(refused);
    await expect(house.work.run((tx) => house.attempts.record(tx, attempt, { headSha: 'x' }))).rejects.toMatchObject(refused);
    await expect(house.work.run((tx) => house.attempts.saveCheckpoint(tx, attempt, { step: 1, commit: 'c', tree: 't' }, null))).rejects.toMatchObject(refused);
    await expect(house.work.run((tx) => house.lifecycle.advance(tx, attempt, 'publishing'))).rejects.toMatchObject(refused);
    await expect(house.work.run((tx) => house.lifecycle.finish(tx, attempt, { kind: 'completed' }, house.noHolds))).rejects.toMatchObject(refused);
    await expect(house.attempts.heartbeat(manager, attempt)).resolves.toBeNull();
  });

  it('changes with each claim, so that the worker before is refused', async () => {
    const tenant = await unlimited();
    const first = await house.runningTask(tenant);
    await house.work.run((tx) => house.lifecycle.handOver(tx, first, { reason: null }, house.noHolds));
    const second = await house.claim(first.attemptId, 'worker-2');
    expect(second).toMatchObject({ fence: 2n, number: 1, stage: 'agent' });
    await expect(house.work.run((tx) => house.attempts.fence(tx, first))).rejects.toMatchObject({ stopCause: 'lease_lost' });
    await expect(house.work.run((tx) => house.attempts.fence(tx, second))).resolves.toBeUndefined();
    expect((await view(tenant, first.taskId)).failureCount).toBe(0);
  });

  it('keeps the sweeper off a worker that is in the middle of a write', async () => {
    const { manager } = database.dataSource;
    const tenant = await unlimited();
    const attempt = await house.runningTask(tenant);
    const lose = () => house.work.run((tx) => house.sweeps.loseAttempt(tx, attempt.attemptId, house.noHolds));
    await database.dataSource.query(`UPDATE task_attempts SET lease_expires_at = now() + interval '300 ms' WHERE id = $1`, [attempt.attemptId]);
    await house.work.run(async (writer) => {
      await house.attempts.fence(writer, attempt);
      while (!(await house.sweeps.lostAttempts(manager, 100)).includes(attempt.attemptId)) await setTimeout(20);
      expect(await lose()).toBeNull();
      await house.events.append(writer, attempt.taskId, attempt.attemptId, [{ type: 'nudge', data: { text: 'still here' } }]);
    });
    const swept = await Promise.all([lose(), lose(), lose()]);
    expect(swept.filter((one) => one !== null)).toMatchObject([{ status: 'queued', reason: 'worker_lost' }]);
    expect((await house.events.readAfter(manager, { organizationId: tenant.organization.id, taskId: attempt.taskId }, 0, 100)).map((event) => event.type)).toContain('nudge');
  });

  it('brings cancel, pause and deadline with the heartbeat', async () => {
    const tenant = await unlimited();
    const { manager } = database.dataSource;
    const attempt = await house.runningTask(tenant);
    expect(await house.attempts.heartbeat(manager, attempt)).toEqual({ cancelRequested: false, pauseRequested: false, deadlinePassed: false });
    const owned = { organizationId: tenant.organization.id, id: attempt.taskId };
    expect(await house.work.run((tx) => house.commands.requestPause(tx, owned))).toBe('requested');
    expect(await house.work.run((tx) => house.commands.requestCancel(tx, owned))).toBe('requested');
    await database.dataSource.query(`UPDATE tasks SET deadline_at = now() - interval '1 s' WHERE id = $1`, [attempt.taskId]);
    expect(await house.attempts.heartbeat(manager, attempt)).toEqual({ cancelRequested: true, pauseRequested: true, deadlinePassed: true });
  });
});

describe('checkpoints', () => {
  it('are restored by another worker from the database alone, and only the last bundle is kept', async () => {
    const tenant = await unlimited();
    const { manager } = database.dataSource;
    const attempt = await house.runningTask(tenant);
    const save = (step: number, bundle: Buffer | null) => house.work.run((tx) => house.attempts.saveCheckpoint(tx, attempt, { step, commit: `c${step}`, tree: `t${step}` }, bundle));
    await save(1, Buffer.from([0, 1, 2]));
    await save(2, null);
    expect(await house.attempts.readCheckpoint(manager, attempt.attemptId)).toEqual({ checkpoint: { step: 2, commit: 'c2', tree: 't2' }, bundle: Buffer.from([0, 1, 2]) });
    await save(3, Buffer.from([3]));
    await house.passLease(attempt.attemptId);
    const swept = await house.work.run((tx) => house.sweeps.loseAttempt(tx, attempt.attemptId, house.noHolds));
    const next = await house.claim(swept!.enqueue[0]!, 'worker-2');
    expect(next).toMatchObject({ number: 2, cause: 'worker_lost', stage: 'agent', checkpoint: { step: 3 } });
    expect(await house.attempts.readCheckpoint(manager, next.attemptId)).toMatchObject({ bundle: Buffer.from([3]) });
    const [blobs] = await database.dataSource.query<{ count: string }[]>('SELECT count(*) FROM blobs WHERE organization_id = $1', [tenant.organization.id]);
    expect(blobs!.count).toBe('1');
  });
});
