import { ATTEMPT_QUEUE } from './attempt.queue';
import { ENDPOINT_DELIVERY_QUEUE } from './endpoint-delivery.queue';
import { INSTALLATION_SYNC_QUEUE } from './installation-sync.queue';
import type { QueueSpec } from './queue-spec';
import { WEBHOOK_DELIVERY_QUEUE } from './webhook-delivery.queue';

/** Every queue of the product. A new one: its file, and a line here. */
export const QUEUES = {
  attempt: ATTEMPT_QUEUE,
  'endpoint-delivery': ENDPOINT_DELIVERY_QUEUE,
  'installation-sync': INSTALLATION_SYNC_QUEUE,
  'webhook-delivery': WEBHOOK_DELIVERY_QUEUE,
};

export type QueueName = keyof typeof QUEUES;
export type PayloadOf<Name extends QueueName> = InstanceType<(typeof QUEUES)[Name]['payload']>;

export const QUEUE_NAMES = Object.keys(QUEUES) as QueueName[];

/** The catalog's entry, typed for code that serves any queue. */
export function queueSpec<Name extends QueueName>(name: Name): QueueSpec<PayloadOf<Name>> {
  return QUEUES[name] as unknown as QueueSpec<PayloadOf<Name>>;
}
