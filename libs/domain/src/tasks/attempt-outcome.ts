import type { AttemptStage, AttemptStatus, TaskStatus } from './task-status';

/** How an attempt ended, as its worker sees it. */
export type AttemptEnd =
  | { readonly kind: 'completed'; /** 'no_changes' when there was nothing to publish. */ readonly reason?: string | null }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string; readonly retryable?: boolean }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'timed_out' }
  /** The task waits for somebody, or `in_progress` for its candidates; the next attempt goes on. */
  | { readonly kind: 'suspended'; readonly status: Extract<TaskStatus, 'waiting_for_user' | 'waiting_for_approval' | 'paused' | 'in_progress'>; readonly reason: string; /** For people: shown as the task's error. */ readonly detail?: string };

/** Gives the attempt back to the queue: the same attempt, not counted as a failure. */
export interface HandOver {
  /** null: the worker shuts down. */
  readonly reason: 'provider_rate_limit' | 'forge_rate_limit' | Unavailable | null;
  /** Not before so many seconds from now; for what is unavailable the platform's own waits are taken. */
  readonly delaySeconds?: number;
  /** How the task ends when the waits are used up. */
  readonly giveUp?: { readonly code: string; readonly message: string };
}

/** What an attempt may find away, and try again after a while. */
export type Unavailable = (typeof UNAVAILABLE)[number];
export const UNAVAILABLE = ['provider_unavailable', 'forge_unavailable', 'sandbox_unavailable'] as const;

/** What came out, once committed: `wake` is an attempt of the same organization that may start now, to be enqueued. */
export interface Ended {
  readonly status: TaskStatus;
  readonly reason: string | null;
  readonly wake: string | null;
}

export interface FinalStatus {
  readonly attempt: AttemptStatus;
  readonly task: TaskStatus;
  readonly reason: string | null;
  readonly stage: AttemptStage | null;
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** The statuses an end leads to. A cancel that was asked for wins over everything but finished work. */
export function finalStatus(end: AttemptEnd, cancelRequested: boolean): FinalStatus {
  if (cancelRequested && end.kind !== 'completed') return { attempt: 'cancelled', task: 'cancelled', reason: 'user_request', stage: null, error: null };
  switch (end.kind) {
    case 'completed':
      return { attempt: 'succeeded', task: 'completed', reason: end.reason ?? null, stage: 'done', error: null };
    case 'failed':
      return { attempt: 'failed', task: 'failed', reason: end.code, stage: null, error: { code: end.code, message: end.message } };
    case 'cancelled':
      return { attempt: 'cancelled', task: 'cancelled', reason: 'user_request', stage: null, error: null };
    case 'timed_out':
      return { attempt: 'timed_out', task: 'timed_out', reason: 'deadline', stage: null, error: null };
    case 'suspended':
      return { attempt: 'suspended', task: end.status, reason: end.reason, stage: null, error: end.detail === undefined ? null : { code: end.reason, message: end.detail } };
  }
}
