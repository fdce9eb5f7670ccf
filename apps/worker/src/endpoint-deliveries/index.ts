import { DeliveryEnqueuer } from '@app/messaging';
import { DeliveryRunner } from './delivery-runner';
import { EndpointDeliveryHandler } from './endpoint-delivery.handler';
import { WebhookSender } from './webhook-sender';

/** What sends webhooks. */
export const ENDPOINT_DELIVERIES = [DeliveryEnqueuer, DeliveryRunner, EndpointDeliveryHandler, WebhookSender];
