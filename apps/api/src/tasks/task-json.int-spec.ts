import { aGitRepo, aModel, aPullRequest, aTenant, TaskHouse, type Tenant } from '@app/domain/testing';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import { TaskResponse, TaskSummaryResponse } from './dto/task.response';
import { taskJson, taskSummaryJsonText, timeJson } from './task-json';

let database: TestDatabase;
let house: TaskHouse;
let tenant: Tenant;
beforeAll(async () => {
  database = await openTestDatabase();
  house = new TaskHouse(database.dataSource);
  tenant = await aTenant(database.dataSource, { plan: { maxConcurrentTasks: null } });
});
afterAll(() => database.close());

const ODD = 'a "quote", a \\ backslash,\n a line, \u0007 a bell, é, 🦊, \u2028 and </script>';

async function expectSame(taskId: string): Promise<Record<string, unknown>> {
  const manager = database.dataSource.manager;
  const organizationId = tenant.organization.id;
  const plain = (await house.tasks.findForOrganization(manager, organizationId, taskId))!;
  const text = (await house.tasks.readText(manager, organizationId, taskId))!;
  const shown = JSON.parse(taskJson(text)) as Record<string, unknown>;
  // What JSON.stringify makes of the plain path, undefined fields left out, is what a client would get of it.
  expect(shown).toEqual(JSON.parse(JSON.stringify(TaskResponse.from(plain))));
  expect({ rowVersion: Number(text.rowVersion), lastEventSeq: BigInt(text.lastEventSeq) }).toEqual({ rowVersion: plain.rowVersion, lastEventSeq: plain.lastEventSeq });
  return shown;
}

describe('a task read as text', () => {
  it('is the same as by the plain path when nothing is set', async () => {
    const { taskId } = await house.newTask(tenant);
    expect(await expectSame(taskId)).toMatchObject({ id: taskId, model: null, pullRequest: null, verification: null, error: null, maxCredits: null, queue: { position: expect.any(Number) as number } });
  });

  it('is the same when everything is set, whatever stands in its texts', async () => {
    const { model } = await aModel(database.dataSource);
    const repo = await aGitRepo(database.dataSource, { organizationId: tenant.organization.id });
    const parent = await house.newTask(tenant);
    const { taskId, attemptId } = await house.newTask(tenant, {
      repositoryId: repo.id, aiModelId: model.id, title: ODD, prompt: ODD, description: ODD, branch: 'feature/"x"', tags: ['a', 'b"c', 'd,e', '{}', ''], metadata: { [ODD]: ODD },
      options: { createPullRequest: false, verifyCommands: [ODD] }, maxCreditsMicro: 12_345_678n, estimatedCreditsMicro: 10_000_000n, sourceIssueNumber: 7, parentTaskId: parent.taskId, forkedFromTaskId: parent.taskId, candidates: 3,
    });
    const checks = [{ name: 'test', command: ODD, phase: 'head' as const, exitCode: null, durationMs: 5, status: 'failed', alreadyFailing: true }];
    await house.work.run(async (tx) => {
      await house.events.append(tx, taskId, attemptId, [{ type: 'verify', data: { phase: 'head', status: 'failed', source: 'task', note: null, checks } }]);
      await house.tasks.record(tx, taskId, { verification: 'failed', progress: 60, baseSha: '0123456789'.repeat(4), planStatus: 'proposed' });
    });
    await aPullRequest(database.dataSource, { repositoryId: repo.id, taskId, url: 'https://example.com/?a="1"' });
    const source = await aPullRequest(database.dataSource, { repositoryId: repo.id });
    await database.dataSource.query(
      `UPDATE tasks SET error_code = 'checks_failed', error_message = $2, status_reason = 'checks_failed', source_pull_request_id = $3, chosen_task_id = $4, deadline_at = '2031-01-02 03:04:05.1+00', cancel_requested_at = '2031-01-02 03:04:05+00',
              pause_requested_at = '2031-01-02 03:04:05.000999+00', scheduled_at = '2031-01-02 03:04:05.123456+00', started_at = '2031-12-31 23:59:59.999999+00' WHERE id = $1`,
      [taskId, ODD, source.id, parent.taskId],
    );
    await database.dataSource.query(`UPDATE task_counters SET credits_used_micro = 8123456, credits_held_micro = 5, cost_nusd = 81234560, model_calls = 12, input_tokens = 4000000000, output_tokens = 3 WHERE task_id = $1`, [taskId]);
    await database.dataSource.query(`UPDATE task_attempts SET available_at = now() + interval '1 hour' WHERE id = $1`, [attemptId]);
    const shown = await expectSame(taskId);
    expect(Object.entries(shown).filter(([, value]) => value === null).map(([name]) => name)).toEqual(['planStatus', 'callbackUrl', 'queuedAt', 'completedAt', 'archivedAt'].filter((name) => shown[name] === null));
    expect(shown).toMatchObject({ title: ODD, deadlineAt: '2031-01-02T03:04:05.100Z', pauseRequestedAt: '2031-01-02T03:04:05.000Z', usage: { costUsd: '0.08123456' }, credits: { used: 8.123456 } });
  });

  it('is the same while it runs and after it has ended', async () => {
    const running = await house.runningTask(tenant);
    await expectSame(running.taskId);
    await house.work.run((tx) => house.lifecycle.finish(tx, running, { kind: 'failed', code: 'checks_failed', message: ODD }, house.noHolds));
    await expectSame(running.taskId);
  });

  it('is not there for others', async () => {
    const { taskId } = await house.newTask(tenant);
    expect(await house.tasks.readText(database.dataSource.manager, taskId, taskId)).toBeNull();
  });
});

describe('a list read as text', () => {
  it('is the same as by the plain path on every page, with and without filters', async () => {
    const manager = database.dataSource.manager;
    const filter = { organizationId: tenant.organization.id };
    for (const filters of [filter, { ...filter, status: ['queued' as const] }, { ...filter, q: '"QUOTE"' }]) {
      for (const order of ['asc', 'desc'] as const) {
        let after = null;
        do {
          const plain = await house.tasks.list(manager, filters, { limit: 2, order, after });
          const text = await house.tasks.listText(manager, filters, { limit: 2, order, after });
          expect(text.rows.map((row) => JSON.parse(taskSummaryJsonText(row)) as unknown)).toEqual(JSON.parse(JSON.stringify(plain.rows.map((row) => TaskSummaryResponse.from(row)))));
          expect(text.next).toEqual(plain.next);
          after = text.next;
        } while (after !== null);
      }
    }
  });
});

describe('timeJson', () => {
  it.each([
    ['2026-11-23 13:15:57+00', '"2026-11-23T13:15:57.000Z"'],
    ['2026-11-23 13:15:57.1+00', '"2026-11-23T13:15:57.100Z"'],
    ['2026-11-23 13:15:57.123456+00', '"2026-11-23T13:15:57.123Z"'],
    ['2026-11-23 13:15:57.999999+00', '"2026-11-23T13:15:57.999Z"'],
    [null, 'null'],
  ])('%s', (text, json) => {
    expect(timeJson(text)).toBe(json);
  });
});
