import { HandlesQueue, JobHandler, type JobContext } from '@app/messaging';
import { Injectable } from '@nestjs/common';
import { DeliveryRunner } from './delivery-runner';

/** Sends the webhooks that the queue delivers. */
@Injectable()
@HandlesQueue('endpoint-delivery')
export class EndpointDeliveryHandler extends JobHandler<'endpoint-delivery'> {
  constructor(private readonly runner: DeliveryRunner) {
    super();
  }

  protected handle({ deliveryId }: { deliveryId: string }, job: JobContext): Promise<void> {
    return this.runner.run(deliveryId, job.signal);
  }
}
