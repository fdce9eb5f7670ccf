import { type IncomingDelivery, UnitOfWork, WebhookInboxStore } from '@app/domain';
import { JobProducer } from '@app/messaging';
import { Injectable } from '@nestjs/common';

/** Takes in deliveries whose signature holds: one insert, then the answer. What they mean is the worker's to find out. */
@Injectable()
export class WebhookInbox {
  constructor(
    private readonly store: WebhookInboxStore,
    private readonly unitOfWork: UnitOfWork,
    private readonly jobs: JobProducer,
  ) {}

  /** Whether there is work to do: the delivery is new, or its work had failed. A queue that is down is no error: the row is there, the sweeper enqueues it. */
  async accept(delivery: IncomingDelivery): Promise<boolean> {
    const { outcome, id } = await this.unitOfWork.run((tx) => this.store.receive(tx, delivery));
    if (outcome !== 'seen' && id !== null) void this.jobs.enqueue('webhook-delivery', { deliveryId: id });
    return outcome !== 'seen';
  }
}
