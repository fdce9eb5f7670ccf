import { CandidateSweeps, SWEEP_BATCH, SWEEP_EVERY_MS } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { Sweeper } from './sweeper';
import { SweptTasks } from './swept-tasks';

/** Chooses among candidates that have ended, and has the chosen one's work published. */
@Injectable()
export class CandidateSweeper extends Sweeper {
  readonly name = 'candidates';
  readonly everyMs = SWEEP_EVERY_MS;

  constructor(
    private readonly sweeps: CandidateSweeps,
    private readonly tasks: SweptTasks,
  ) {
    super();
  }

  run(): Promise<number> {
    return this.tasks.sweep('The candidates of a task stopped', (tx) => this.sweeps.due(tx, SWEEP_BATCH), (tx, id) => this.sweeps.attend(tx, id));
  }
}
