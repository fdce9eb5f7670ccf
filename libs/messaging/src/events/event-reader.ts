import type { Clock, Logger } from '@app/common';
import type { TaskDelta, TaskEventBus } from './task-event-bus';

/** One row, ready to be shown: `frame` is made once and handed to all readers. */
export interface EventFrame {
  readonly seq: number;
  readonly frame: string;
}

/** Rows after a seq, in order. */
export interface EventChunk {
  readonly frames: readonly EventFrame[];
  /** Whether more rows may follow at once, because the read stopped at its limit. */
  readonly more: boolean;
  /** The last frame of all, without a seq, when the task has ended and `frames` holds its last row. */
  readonly end: string | null;
}

/** Which task is followed, and whose it is: nothing of another organization's is read. */
export interface FollowedRef {
  readonly organizationId: string;
  readonly taskId: string;
}

/** Where a follower reads, and how a delta looks to its readers. */
export interface EventSource {
  read(task: FollowedRef, afterSeq: number, limit: number): Promise<EventChunk>;
  delta(delta: TaskDelta): string;
}

/** One open connection of a reader. */
export interface EventReader {
  /** Hands text to the connection; must not wait. */
  write(text: string): void;
  /** Bytes handed over that the reader has not taken yet. */
  unsentBytes(): number;
  /** Resolves when the reader has taken what was written, or rejects when it is gone or `signal` fires. */
  drained(signal: AbortSignal): Promise<void>;
  /** Ends the connection. `cut`: without waiting for what is unsent; the reader comes back by its last id. */
  close(how: 'end' | 'cut'): void;
}

/** What followers share. */
export interface FollowerTools {
  readonly bus: TaskEventBus;
  readonly source: EventSource;
  readonly clock: Clock;
  readonly logger: Logger;
}
