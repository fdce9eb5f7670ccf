import { IsUUID } from 'class-validator';
import type { QueueSpec } from './queue-spec';

/** Work on this delivery of the webhook inbox. */
export class WebhookDeliveryPayload {
  @IsUUID()
  deliveryId!: string;
}

export const WEBHOOK_DELIVERY_QUEUE: QueueSpec<WebhookDeliveryPayload> = {
  payload: WebhookDeliveryPayload,
  jobId: (payload) => payload.deliveryId,
  concurrency: () => 4,
  attempts: 1,
  removeOnComplete: true,
  removeOnFail: true,
  maxStalledCount: 1_000,
  lockMs: 30_000,
  stalledCheckMs: 15_000,
  priorities: { high: 0, medium: 1, low: 2 },
};
