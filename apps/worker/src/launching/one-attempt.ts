import { Logger, newId } from '@app/common';
import { AttemptStore, UnitOfWork } from '@app/domain';
import { JobProducer, TaskEventBus } from '@app/messaging';
import { Injectable } from '@nestjs/common';
import { hostname } from 'node:os';
import { AttemptRunner } from '../attempts/attempt-runner';

/** The whole work of a process that was launched for one attempt. */
@Injectable()
export class OneAttempt {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly attempts: AttemptStore,
    private readonly runner: AttemptRunner,
    private readonly jobs: JobProducer,
    private readonly bus: TaskEventBus,
    private readonly logger: Logger,
  ) {}

  /** Takes the attempt over and runs it to its end. One that is gone by now is left alone. */
  async run(attemptId: string, fence: bigint, shutdown: AbortSignal): Promise<void> {
    const attempt = await this.uow.run((tx) => this.attempts.adopt(tx, attemptId, fence, `${hostname()}:${process.pid}`));
    if (attempt === null) return this.logger.warn('the attempt is not held for this process any more', { attemptId, fence: fence.toString() });
    // Whoever claimed it hears that it need not keep the lease.
    this.bus.publishNews(attempt.taskId);
    const outcome = await this.runner.runHeld(attempt, shutdown);
    if (outcome === 'again') await this.jobs.enqueue('attempt', { attemptId, turn: newId() });
  }
}
