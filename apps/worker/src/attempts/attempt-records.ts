import { AttemptStore, TaskEventStore, TaskLifecycle, TaskLogStore, TaskStore } from '@app/domain';
import { Injectable } from '@nestjs/common';

/** The rows that an attempt writes besides its journal. */
@Injectable()
export class AttemptRecords {
  constructor(
    readonly attempts: AttemptStore,
    readonly lifecycle: TaskLifecycle,
    readonly tasks: TaskStore,
    readonly events: TaskEventStore,
    readonly logs: TaskLogStore,
  ) {}
}
