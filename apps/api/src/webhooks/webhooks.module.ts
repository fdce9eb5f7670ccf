import { MessagingModule } from '@app/messaging';
import { Module } from '@nestjs/common';
import { PAYMENTS } from '../billing/payments.providers';
import { DatabaseModule } from '../database.module';
import { ClerkSignature } from './incoming/clerk-signature';
import { ClerkWebhookController } from './incoming/clerk-webhook.controller';
import { GithubWebhookController } from './incoming/github-webhook.controller';
import { StripeWebhookController } from './incoming/stripe-webhook.controller';
import { WebhookInbox } from './incoming/webhook-inbox';

/** Webhooks that others send us. */
@Module({ imports: [DatabaseModule, PAYMENTS, MessagingModule.forProducer()], controllers: [ClerkWebhookController, GithubWebhookController, StripeWebhookController], providers: [ClerkSignature, WebhookInbox] })
export class WebhooksModule {}
