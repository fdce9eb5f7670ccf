import { StopError } from '@app/common';
import type { AttemptCause, AttemptStage } from './task-status';

/** Proof that a worker holds an attempt: every write of it carries the fence. */
export interface AttemptLease {
  readonly attemptId: string;
  readonly taskId: string;
  readonly fence: bigint;
}

/** State of the tree that another worker can restore, as stored with the attempt. */
export interface StoredCheckpoint {
  readonly step: number;
  readonly commit: string;
  readonly tree: string;
  /** Last event that it covers. */
  readonly eventSeq?: number;
}

/** An attempt that was just claimed. */
export interface ClaimedAttempt extends AttemptLease {
  readonly organizationId: string;
  readonly number: number;
  readonly cause: AttemptCause;
  readonly stage: AttemptStage;
  readonly baseSha: string | null;
  readonly headSha: string | null;
  readonly workspaceRef: string | null;
  readonly aiModelId: string | null;
  readonly apiKeyId: string | null;
  readonly checkpoint: StoredCheckpoint | null;
  /** The trace that the task belongs to; null: nobody told. */
  readonly traceparent: string | null;
  /** From when it could have begun until it was claimed. */
  readonly waitedSeconds: number;
  /** Wall clock ends here. */
  readonly deadlineAt: Date | null;
}

export type ClaimResult =
  | { readonly kind: 'claimed'; readonly attempt: ClaimedAttempt }
  /** The organization runs as many tasks as its plan allows; the attempt looks again by itself. */
  | { readonly kind: 'concurrency_limit'; readonly taskId: string }
  /** Taken, ended, or not yet due. */
  | { readonly kind: 'gone' };

/** What a renewal of the lease brings back. */
export interface Heartbeat {
  readonly cancelRequested: boolean;
  readonly pauseRequested: boolean;
  readonly deadlinePassed: boolean;
}

/** The lease was lost: another worker may hold the attempt by now. */
export function leaseLost(lease: AttemptLease): StopError {
  return new StopError('lease_lost', `attempt ${lease.attemptId} is no longer held under fence ${lease.fence}`);
}
