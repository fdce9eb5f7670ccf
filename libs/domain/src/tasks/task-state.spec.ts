import { finalStatus } from './attempt-outcome';
import { afterLoss, type StaleAttempt } from './stale-attempt';
import { sseEventName } from './task-event';
import { mayMove, statusesBefore, statusesForEdit, TASK_MOVES } from './task-state';
import { END_STATUSES, RUNNING_STATUSES, TASK_STATUSES } from './task-status';

describe('the table of moves', () => {
  it('lets a task go the way of the main job', () => {
    const way = ['draft', 'scheduled', 'queued', 'provisioning', 'in_progress', 'publishing', 'completed'] as const;
    way.slice(1).forEach((to, index) => expect(mayMove(way[index]!, to)).toBe(true));
  });

  it('lets an ended task only be queued again, and nothing run without a claim', () => {
    for (const end of END_STATUSES) expect(TASK_MOVES[end]).toEqual(['queued']);
    expect(statusesBefore('provisioning')).toEqual(['queued']);
    expect(statusesBefore('in_progress')).toEqual(['provisioning']);
  });

  it('lets every task that has not ended be cancelled, and every running one be lost, fail, pause or time out', () => {
    const open = TASK_STATUSES.filter((status) => !(END_STATUSES as readonly string[]).includes(status));
    for (const status of open) expect(mayMove(status, 'cancelled')).toBe(true);
    for (const status of RUNNING_STATUSES) for (const to of ['queued', 'failed', 'paused', 'timed_out'] as const) expect(mayMove(status, to)).toBe(true);
  });
});

describe('editing', () => {
  it('allows together only what each allows', () => {
    expect(statusesForEdit(['title', 'tags'])).toEqual(expect.arrayContaining([...TASK_STATUSES]));
    expect(statusesForEdit(['title', 'prompt'])).toEqual(['draft', 'scheduled', 'queued']);
    expect(statusesForEdit(['maxCreditsMicro'])).not.toContain('completed');
  });
});

describe('after a lost worker', () => {
  const stale: StaleAttempt = { stage: 'agent', failureCount: 0, maxAttempts: 3, cancelRequested: false, pauseRequested: false, deadlinePassed: false };

  it('tries again at the same stage until the cap', () => {
    expect(afterLoss(stale)).toEqual({ next: 'attempt', cause: 'worker_lost', stage: 'agent', failureCount: 1 });
    expect(afterLoss({ ...stale, failureCount: 1, stage: 'publish' })).toMatchObject({ next: 'attempt', stage: 'publish' });
    expect(afterLoss({ ...stale, failureCount: 2 })).toEqual({ next: 'end', status: 'failed', reason: 'worker_lost', failureCount: 3 });
  });

  it('does what was asked for instead', () => {
    expect(afterLoss({ ...stale, cancelRequested: true, failureCount: 2 })).toMatchObject({ status: 'cancelled', reason: 'user_request' });
    expect(afterLoss({ ...stale, pauseRequested: true })).toMatchObject({ status: 'paused' });
    expect(afterLoss({ ...stale, deadlinePassed: true, pauseRequested: true })).toMatchObject({ status: 'timed_out', reason: 'deadline' });
  });
});

describe('how an attempt ends', () => {
  it('lets a cancel win over everything but finished work', () => {
    expect(finalStatus({ kind: 'failed', code: 'stuck', message: '' }, true)).toMatchObject({ task: 'cancelled', attempt: 'cancelled', error: null });
    expect(finalStatus({ kind: 'suspended', status: 'paused', reason: 'step_limit' }, true).task).toBe('cancelled');
    expect(finalStatus({ kind: 'completed' }, true)).toMatchObject({ task: 'completed', attempt: 'succeeded', stage: 'done' });
  });
});

describe('frames', () => {
  it('shows an effect as a pull request only when it is one', () => {
    expect(sseEventName({ type: 'effect.done', data: { kind: 'pull_request', name: 'x', outcome: 'created' } })).toBe('pull_request');
    expect(sseEventName({ type: 'effect.done', data: { kind: 'push', name: 'x', outcome: 'pushed' } })).toBe('log');
    expect(sseEventName({ type: 'tool.result', data: { callId: '', name: '', isError: false, durationMs: 0, text: '' } })).toBe('tool_result');
  });
});
