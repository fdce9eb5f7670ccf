import type { Task } from '@app/domain';
import { JobProducer, TaskEventBus } from '@app/messaging';
import { Injectable } from '@nestjs/common';

/** What is told after a commit. Both may get lost: the sweeper and the readers' poll make up for it. */
@Injectable()
export class TaskNews {
  constructor(
    private readonly bus: TaskEventBus,
    private readonly jobs: JobProducer,
  ) {}

  /** The task has new rows. */
  changed(taskId: string): void {
    this.bus.publishNews(taskId);
  }

  /** The task has a new attempt to run. */
  queued({ id, priority }: Pick<Task, 'id' | 'priority'>, attemptId: string): void {
    void this.jobs.enqueue('attempt', { attemptId }, priority);
    this.changed(id);
  }
}
