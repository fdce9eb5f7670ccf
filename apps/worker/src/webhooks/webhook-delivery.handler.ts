import { HandlesQueue, JobHandler } from '@app/messaging';
import { Injectable } from '@nestjs/common';
import { WebhookInbox } from './webhook-inbox';

/** Works on the webhooks that came in. */
@Injectable()
@HandlesQueue('webhook-delivery')
export class WebhookDeliveryHandler extends JobHandler<'webhook-delivery'> {
  constructor(private readonly inbox: WebhookInbox) {
    super();
  }

  protected handle({ deliveryId }: { deliveryId: string }): Promise<void> {
    return this.inbox.process(deliveryId);
  }
}
