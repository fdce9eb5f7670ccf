import { RECOVERY_EVERY_MS, SWEEP_BATCH, TaskSweeps } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { Sweeper } from './sweeper';
import { SweptTasks } from './swept-tasks';

/** Ends tasks past their deadline that no worker ended by itself. */
@Injectable()
export class DeadlineSweeper extends Sweeper {
  readonly name = 'deadline';
  override readonly lane = 'recovery';
  readonly everyMs = RECOVERY_EVERY_MS;

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
