import { RECOVERY_EVERY_MS, SWEEP_BATCH, TaskSweeps } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { Sweeper } from './sweeper';
import { SweptTasks } from './swept-tasks';

/** Ends attempts whose worker stopped renewing its lease, and makes the next. */
@Injectable()
export class LeaseSweeper extends Sweeper {
  readonly name = 'lease';
  override readonly lane = 'recovery';
  readonly everyMs = RECOVERY_EVERY_MS;

  constructor(
    private readonly sweeps: TaskSweeps,
    private readonly tasks: SweptTasks,
  ) {
    super();
  }

  run(): Promise<number> {
    return this.tasks.sweep('A worker was lost', (tx) => this.sweeps.lostAttempts(tx, SWEEP_BATCH), (tx, id, closeHolds) => this.sweeps.loseAttempt(tx, id, closeHolds));
  }
}
