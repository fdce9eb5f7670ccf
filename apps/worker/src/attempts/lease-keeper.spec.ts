import { StopError, SystemClock, type Logger } from '@app/common';
import type { Heartbeat } from '@app/domain';
import type { TaskEventBus, TaskListener } from '@app/messaging';
import { LeaseKeeper } from './lease-keeper';

const CALM: Heartbeat = { cancelRequested: false, pauseRequested: false, deadlinePassed: false };
const LEASE = { attemptId: 'a', taskId: 't', fence: 1n };

function keep(answers: (Heartbeat | null | Error)[], shutdown = new AbortController()): { keeper: LeaseKeeper; wake: () => Promise<void>; shutdown: AbortController } {
  let listener: TaskListener | null = null;
  const bus = { subscribe: (_task: string, given: TaskListener) => ((listener = given), () => (listener = null)) } as unknown as TaskEventBus;
  const heartbeat = (): Promise<Heartbeat | null> => {
    const answer = answers.length > 0 ? (answers.shift() as Heartbeat | null | Error) : CALM;
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  };
  const logger = { warn: () => undefined } as unknown as Logger;
  const keeper = new LeaseKeeper(LEASE, shutdown.signal, { heartbeat, bus, clock: new SystemClock(), logger });
  const wake = async (): Promise<void> => {
    listener?.news();
    await new Promise((resolve) => setTimeout(resolve, 5));
  };
  return { keeper, wake, shutdown };
}

describe('LeaseKeeper', () => {
  it.each([
    ['cancel', { ...CALM, cancelRequested: true }],
    ['deadline', { ...CALM, deadlinePassed: true }],
    ['pause', { ...CALM, pauseRequested: true }],
    ['lease_lost', null],
  ] as const)('a wake-up brings %s at once', async (cause, answer) => {
    const { keeper, wake } = keep([answer]);
    await wake();
    expect((keeper.signal.reason as StopError).stopCause).toBe(cause);
    keeper.release();
  });

  it('what people asked for wins over the deadline, and nothing stops quiet work', async () => {
    const { keeper, wake } = keep([CALM, { cancelRequested: true, pauseRequested: true, deadlinePassed: true }]);
    await wake();
    expect(keeper.signal.aborted).toBe(false);
    await wake();
    expect((keeper.signal.reason as StopError).stopCause).toBe('cancel');
    keeper.release();
  });

  it('one failed renewal is no loss, and after release nothing fires', async () => {
    const { keeper, wake } = keep([new Error('away'), null]);
    await wake();
    expect(keeper.signal.aborted).toBe(false);
    keeper.release();
    await wake();
    expect(keeper.signal.aborted).toBe(false);
  });

  it('passes the shutdown on, also one that came before', () => {
    const early = new AbortController();
    early.abort(new StopError('shutdown'));
    const { keeper } = keep([], early);
    expect((keeper.signal.reason as StopError).stopCause).toBe('shutdown');
    keeper.release();
  });
});
