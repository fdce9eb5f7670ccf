import { addLogContext, StopError } from '@app/common';
import { isEnded, type ClaimedAttempt, type Ended } from '@app/domain';
import { continueTrace, currentTraceId, inSpan, metrics, newTraceparent, recordSpan, reportFault } from '@app/telemetry';
import type { Ending } from '../attempts/attempt-end';
import { TakenOver } from '../launching/attempt-launcher';

/** When this process began with an attempt. */
const begun = new WeakMap<ClaimedAttempt, number>();

/**
 * Runs an attempt as part of its task's trace, whichever process began that. The row carries the trace: after a crash, from a sweeper or on a
 * retry it is still the same one.
 */
export function observeAttempt<T>(attempt: ClaimedAttempt, work: () => Promise<T>): Promise<T> {
  const { taskId, attemptId, number, cause, stage, waitedSeconds } = attempt;
  begun.set(attempt, performance.now());
  metrics.attemptsStarted.add({ cause });
  metrics.attemptWait.observe({}, waitedSeconds);
  return continueTrace(attempt.traceparent ?? newTraceparent(), () => {
    addLogContext({ traceId: currentTraceId() ?? undefined });
    const now = Date.now();
    recordSpan('queue', { 'task.id': taskId, 'attempt.id': attemptId }, { from: now - waitedSeconds * 1_000, to: now });
    return inSpan('attempt', { 'task.id': taskId, 'attempt.id': attemptId, 'attempt.number': number, 'attempt.cause': cause, 'attempt.stage': stage }, work);
  });
}

/** An attempt that ended or was given back, as it was written. */
export function attemptEnded(attempt: ClaimedAttempt, ended: Ended): void {
  const now = performance.now();
  metrics.attempts.observe({ outcome: ended.status }, (now - (begun.get(attempt) ?? now)) / 1_000);
  if (isEnded(ended.status)) metrics.tasksEnded.add({ status: ended.status });
}

/** What stopped an attempt: a lost lease is counted, a fault of ours is reported. */
export function attemptStopped(error: unknown, ending: Ending): void {
  if (error instanceof StopError && error.stopCause === 'lease_lost' && !(error instanceof TakenOver)) metrics.leaseLosses.add({});
  if (ending.kind === 'end' && ending.end.kind === 'failed' && ending.end.code === 'internal') reportFault(error, 'attempt', { code: 'internal' });
}

/** One part of an attempt: a span, and its time by outcome. */
export async function inPhase<T>(phase: string, work: () => Promise<T>): Promise<T> {
  const began = performance.now();
  let outcome = 'failed';
  try {
    const result = await inSpan(phase, {}, work);
    outcome = 'ok';
    return result;
  } catch (error) {
    if (error instanceof StopError) outcome = 'stopped';
    throw error;
  } finally {
    metrics.phases.observe({ phase, outcome }, (performance.now() - began) / 1_000);
  }
}
