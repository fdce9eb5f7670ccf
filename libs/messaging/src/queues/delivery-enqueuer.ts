import { UnitOfWork } from '@app/domain';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { JobProducer } from './job-producer';

/** Enqueues webhooks when the transaction that wrote them is committed. A process that dies in between leaves them to the sweeper. */
@Injectable()
export class DeliveryEnqueuer implements OnModuleInit {
  constructor(
    private readonly work: UnitOfWork,
    private readonly jobs: JobProducer,
  ) {}

  onModuleInit(): void {
    this.work.onDeliveries((ids) => {
      for (const deliveryId of ids) void this.jobs.enqueue('endpoint-delivery', { deliveryId });
    });
  }
}
