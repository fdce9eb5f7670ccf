import type { Provider } from '@nestjs/common';
import { ClerkWebhooks } from './clerk/clerk-webhooks';
import { GITHUB_EVENT_HANDLERS } from './github';
import { GithubWebhooks } from './github/github-webhooks';
import { CheckoutNews, CustomerNews } from './stripe/checkout-news';
import { StripeWebhooks } from './stripe/stripe-webhooks';
import { WebhookDeliveryHandler } from './webhook-delivery.handler';
import { WebhookInbox } from './webhook-inbox';
import { type WebhookSource, WebhookSources } from './webhook-source';

/** Every sender of webhooks. A new one: its class, and a name here. */
const SOURCES = [ClerkWebhooks, GithubWebhooks, StripeWebhooks];

export const WEBHOOKS: Provider[] = [...SOURCES, ...GITHUB_EVENT_HANDLERS, CheckoutNews, CustomerNews, { provide: WebhookSources, inject: SOURCES, useFactory: (...sources: WebhookSource[]) => new WebhookSources(sources) }, WebhookInbox, WebhookDeliveryHandler];
