import { IsUUID } from 'class-validator';
import { type QueueSpec, ROW_JOBS } from './queue-spec';

/** Work on this delivery of the webhook inbox. */
export class WebhookDeliveryPayload {
  @IsUUID()
  deliveryId!: string;
}

export const WEBHOOK_DELIVERY_QUEUE: QueueSpec<WebhookDeliveryPayload> = {
  ...ROW_JOBS,
  payload: WebhookDeliveryPayload,
  jobId: (payload) => payload.deliveryId,
  concurrency: () => 4,
  lockMs: 30_000,
  stalledCheckMs: 15_000,
};
