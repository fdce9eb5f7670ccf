import type { EventReader, FollowedRef, FollowerTools } from './event-reader';
import { FollowedTask } from './followed-task';

/**
 * Follows tasks for the readers of this process: replay from the table, then one read per wake-up for all readers of a task.
 * The bus only wakes; what a reader gets is always what the table holds, so nothing falls between replay and live.
 */
export class TaskEventFollower {
  private readonly tasks = new Map<string, FollowedTask>();

  constructor(private readonly tools: FollowerTools) {}

  /**
   * Sends every row after `afterSeq` to the reader, then new ones as they come, until the task ends, the reader is closed or too
   * slow, or the returned function is called.
   */
  follow(ref: FollowedRef, afterSeq: number, reader: EventReader): () => void {
    const key = `${ref.organizationId} ${ref.taskId}`;
    let task = this.tasks.get(key);
    if (!task) {
      task = new FollowedTask(ref, this.tools, () => this.tasks.delete(key));
      this.tasks.set(key, task);
    }
    return task.add(reader, afterSeq);
  }

  /** Ends every reader's connection; they come back by their last id, elsewhere. */
  close(): void {
    for (const task of [...this.tasks.values()]) task.close();
  }

  /** Tasks that are followed now. */
  get size(): number {
    return this.tasks.size;
  }
}
