import { DeliveryEnqueuer, MessagingModule } from '@app/messaging';
import { Module } from '@nestjs/common';
import { DatabaseModule } from '../database.module';
import { WebhookDeliveriesController } from './webhook-deliveries.controller';
import { WebhookDeliveriesService } from './webhook-deliveries.service';
import { WebhookEndpointsController } from './webhook-endpoints.controller';
import { WebhookEndpointsService } from './webhook-endpoints.service';

/** Webhooks out: their endpoints and what these were sent. What this process causes is enqueued from here, the worker sends it. */
@Module({
  imports: [DatabaseModule, MessagingModule.forProducer()],
  controllers: [WebhookEndpointsController, WebhookDeliveriesController],
  providers: [DeliveryEnqueuer, WebhookDeliveriesService, WebhookEndpointsService],
})
export class WebhookEndpointsModule {}
