import { SWEEP_BATCH, SWEEP_EVERY_MS, TaskSweeps } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { Sweeper } from './sweeper';
import { SweptTasks } from './swept-tasks';

/** Ends tasks past their deadline that no worker ended by itself. */
@Injectable()
export class DeadlineSweeper extends Sweeper {
  readonly name = 'deadline';
  readonly everyMs = SWEEP_EVERY_MS;

  constructor(
    private readonly sweeps: TaskSweeps,
    private readonly tasks: SweptTasks,
  ) {
    super();
  }

  run(): Promise<number> {
    return this.tasks.sweep('A task passed its deadline', (tx) => this.sweeps.overdueAttempts(tx, SWEEP_BATCH), (tx, id, closeHolds) => this.sweeps.endOverdue(tx, id, closeHolds));
  }
}
