/** A piece of a model's answer while it speaks: shown and forgotten. The whole message follows as a row. */
export interface TaskDelta {
  readonly taskId: string;
  readonly kind: 'text' | 'think';
  readonly text: string;
}

export interface TaskListener {
  /** The task may have new rows: read them. Comes once too often rather than once too seldom. */
  news(): void;
  /** Pieces arrive in order; any may be missing. */
  delta(delta: TaskDelta): void;
}

/**
 * Wakes readers in other processes. It carries no content: what it tells is in a row already, and a wake-up that gets lost costs
 * a reader the two seconds of its poll.
 */
export abstract class TaskEventBus {
  /** To be called after the commit. Returns at once, never throws. */
  abstract publishNews(taskId: string): void;

  /** Joins pieces for up to 40 ms. Returns at once, never throws. */
  abstract publishDelta(delta: TaskDelta): void;

  /** Calls the listener until the returned function is called. */
  abstract subscribe(taskId: string, listener: TaskListener): () => void;

  /** Whether wake-ups get through now; for readiness probes. */
  abstract isConnected(): boolean;

  abstract close(): Promise<void>;
}
