import { AttemptStore, RECOVERY_EVERY_MS, SWEEP_BATCH, UnitOfWork } from '@app/domain';
import { JobProducer } from '@app/messaging';
import { Injectable } from '@nestjs/common';
import { Sweeper } from './sweeper';

/** Adds again what should have been taken by now. A job that still waits since the last sweep has the same id, so it stays one job. */
@Injectable()
export class StuckRowsSweeper extends Sweeper {
  readonly name = 'stuck-rows';
  override readonly lane = 'recovery';
  readonly everyMs = RECOVERY_EVERY_MS;

  constructor(
    private readonly work: UnitOfWork,
    private readonly attempts: AttemptStore,
    private readonly jobs: JobProducer,
  ) {
    super();
  }

  async run(): Promise<number> {
    const stuck = await this.work.run((tx) => this.attempts.stuck(tx, SWEEP_BATCH));
    const added = await Promise.all(stuck.map(({ attemptId, turn, priority }) => this.jobs.enqueue('attempt', { attemptId, turn }, priority)));
    return added.filter(Boolean).length;
  }
}
