import { SWEEP_BATCH, SWEEP_EVERY_MS, UnitOfWork, WebhookInboxStore } from '@app/domain';
import { JobProducer } from '@app/messaging';
import { Injectable } from '@nestjs/common';
import { Sweeper } from './sweeper';

/** For so long a delivery is kept, done or not: a repeat, and news of a deletion that came first, are known by its row. */
const KEPT_DAYS = 30;

/** Adds again the deliveries that should have been taken by now, gives up those that keep killing their worker, and forgets the old ones. */
@Injectable()
export class WebhookInboxSweeper extends Sweeper {
  readonly name = 'webhook-inbox';
  readonly everyMs = SWEEP_EVERY_MS;

  constructor(
    private readonly work: UnitOfWork,
    private readonly inbox: WebhookInboxStore,
    private readonly jobs: JobProducer,
  ) {
    super();
  }

  async run(): Promise<number> {
    const buried = await this.work.run((tx) => this.inbox.bury(tx));
    const stuck = await this.work.run((tx) => this.inbox.stuck(tx, SWEEP_BATCH));
    const added = await Promise.all(stuck.map((deliveryId) => this.jobs.enqueue('webhook-delivery', { deliveryId })));
    const forgotten = await this.work.run((tx) => this.inbox.deleteOld(tx, { days: KEPT_DAYS, limit: SWEEP_BATCH }));
    return buried + added.filter(Boolean).length + forgotten;
  }
}
