import { RECOVERY_EVERY_MS, SWEEP_BATCH, TaskSweeps } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { Sweeper } from './sweeper';
import { SweptTasks } from './swept-tasks';

/** Queues scheduled tasks whose time has come. */
@Injectable()
export class ScheduledTasksSweeper extends Sweeper {
  readonly name = 'scheduled-tasks';
  override readonly lane = 'recovery';
  readonly everyMs = RECOVERY_EVERY_MS;

  constructor(
    private readonly sweeps: TaskSweeps,
    private readonly tasks: SweptTasks,
  ) {
    super();
  }

  run(): Promise<number> {
    return this.tasks.sweep('A scheduled task starts', (tx) => this.sweeps.dueScheduledTasks(tx, SWEEP_BATCH), (tx, id) => this.sweeps.startScheduled(tx, id));
  }
}
