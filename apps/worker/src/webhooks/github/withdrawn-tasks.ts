import { CreditLedger } from '@app/billing';
import { InstallationMirrorStore, TaskWithdrawal, UnitOfWork } from '@app/domain';
import { JobProducer, TaskEventBus } from '@app/messaging';
import { Injectable } from '@nestjs/common';

/** Ends the tasks that wait for a repository which GitHub no longer lets us into. */
@Injectable()
export class WithdrawnTasks {
  constructor(
    private readonly work: UnitOfWork,
    private readonly installations: InstallationMirrorStore,
    private readonly tasks: TaskWithdrawal,
    private readonly ledger: CreditLedger,
    private readonly jobs: JobProducer,
    private readonly bus: TaskEventBus,
  ) {}

  /** Called again, it finds what is left. */
  async end(by: Parameters<InstallationMirrorStore['closedRepositories']>[1]): Promise<void> {
    const waiting = await this.work.run(async (tx) => this.tasks.queued(tx, await this.installations.closedRepositories(tx, by)));
    for (const taskId of waiting) {
      const ended = await this.work.run((tx) => this.tasks.fail(tx, taskId, (inner, attemptId) => this.ledger.releaseOpenHolds(inner, attemptId)));
      if (!ended) continue;
      this.bus.publishNews(taskId);
      await Promise.all(ended.enqueue.map((attemptId) => this.jobs.enqueue('attempt', { attemptId })));
    }
  }
}
