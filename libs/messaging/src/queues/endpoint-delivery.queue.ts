import { IsUUID } from 'class-validator';
import type { QueueSpec } from './queue-spec';

/** Send this event to this endpoint. */
export class EndpointDeliveryPayload {
  @IsUUID()
  deliveryId!: string;
}

export const ENDPOINT_DELIVERY_QUEUE: QueueSpec<EndpointDeliveryPayload> = {
  payload: EndpointDeliveryPayload,
  jobId: (payload) => payload.deliveryId,
  concurrency: (config) => config.worker.WEBHOOK_CONCURRENCY,
  attempts: 1,
  removeOnComplete: true,
  removeOnFail: true,
  maxStalledCount: 1_000,
  lockMs: 30_000,
  stalledCheckMs: 15_000,
  // What just happened goes before a backlog, and that before what a sweep found.
  priorities: { high: 0, medium: 1, low: 2 },
};
