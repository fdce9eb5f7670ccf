import { IsUUID } from 'class-validator';
import { type QueueSpec, ROW_JOBS } from './queue-spec';

/** Send this event to this endpoint. */
export class EndpointDeliveryPayload {
  @IsUUID()
  deliveryId!: string;
}

export const ENDPOINT_DELIVERY_QUEUE: QueueSpec<EndpointDeliveryPayload> = {
  ...ROW_JOBS,
  payload: EndpointDeliveryPayload,
  jobId: (payload) => payload.deliveryId,
  concurrency: (config) => config.worker.WEBHOOK_CONCURRENCY,
  lockMs: 30_000,
  stalledCheckMs: 15_000,
};
