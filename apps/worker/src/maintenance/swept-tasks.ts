import { CreditLedger } from '@app/billing';
import { Logger } from '@app/common';
import { UnitOfWork, type CloseHolds, type Swept, type Tx } from '@app/domain';
import { JobProducer, TaskEventBus } from '@app/messaging';
import { Injectable } from '@nestjs/common';
import { sweepEach } from './sweeper';

/** What the task sweepers share: one transaction a row, and what follows its commit. */
@Injectable()
export class SweptTasks {
  private readonly logger: Logger;
  /** Domain cannot see billing, so the part that gives credits back is handed to it. */
  private readonly closeHolds: CloseHolds = (tx, attemptId) => this.ledger.releaseOpenHolds(tx, attemptId);

  constructor(
    private readonly work: UnitOfWork,
    private readonly ledger: CreditLedger,
    private readonly jobs: JobProducer,
    private readonly bus: TaskEventBus,
    logger: Logger,
  ) {
    this.logger = logger.named('maintenance');
  }

  /** Reads what is due, handles each row in a transaction, then enqueues and wakes readers. */
  async sweep(what: string, due: (tx: Tx) => Promise<string[]>, handle: (tx: Tx, id: string, closeHolds: CloseHolds) => Promise<Swept | null>): Promise<number> {
    const ids = await this.work.run(due);
    return sweepEach(ids, this.logger, async (id) => {
      const swept = await this.work.run((tx) => handle(tx, id, this.closeHolds));
      if (!swept) return false;
      this.logger.info(what, { taskId: swept.taskId, attemptId: swept.attemptId, status: swept.status, reason: swept.reason });
      this.bus.publishNews(swept.taskId);
      await Promise.all(swept.enqueue.map((attemptId) => this.jobs.enqueue('attempt', { attemptId })));
      return true;
    });
  }
}
