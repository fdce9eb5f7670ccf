import type { Provider } from '@nestjs/common';
import { ClerkWebhooks } from './clerk/clerk-webhooks';
import { WebhookDeliveryHandler } from './webhook-delivery.handler';
import { WebhookInbox } from './webhook-inbox';
import { type WebhookSource, WebhookSources } from './webhook-source';

/** Every sender of webhooks. A new one: its class, and a name here. */
const SOURCES = [ClerkWebhooks];

export const WEBHOOKS: Provider[] = [...SOURCES, { provide: WebhookSources, inject: SOURCES, useFactory: (...sources: WebhookSource[]) => new WebhookSources(sources) }, WebhookInbox, WebhookDeliveryHandler];
