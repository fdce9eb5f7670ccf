import { DeliveryClaims, SWEEP_EVERY_MS, UnitOfWork } from '@app/domain';
import { JobProducer } from '@app/messaging';
import { Injectable } from '@nestjs/common';
import { Sweeper } from './sweeper';

/** A round must end soon; what it leaves comes in the next. */
const BATCH = 1_000;

/** Adds webhooks to the queue that are due: retries, tries whose worker died, and new ones whose job was lost. */
@Injectable()
export class EndpointDeliverySweeper extends Sweeper {
  readonly name = 'endpoint-deliveries';
  readonly everyMs = SWEEP_EVERY_MS;

  constructor(
    private readonly work: UnitOfWork,
    private readonly claims: DeliveryClaims,
    private readonly jobs: JobProducer,
  ) {
    super();
  }

  async run(): Promise<number> {
    const due = await this.claims.due(this.work.reader, BATCH);
    const added = await Promise.all(due.map((deliveryId) => this.jobs.enqueue('endpoint-delivery', { deliveryId }, 'low')));
    return added.filter(Boolean).length;
  }
}
