import { randomBytes } from 'node:crypto';
import { Secret } from '@app/common';
import type { DataSource } from 'typeorm';

import { DataKeyStore } from '../secrets/data-key.store';
import { EnvironmentKeyEncryption } from '../secrets/environment.key-encryption';
import { SealedSecrets } from '../secrets/sealed-secrets';
import { UnitOfWork } from '../unit-of-work';
import { DeliveryClaims } from '../webhook-endpoints/delivery-claims';
import { EndpointDeliveryStore } from '../webhook-endpoints/endpoint-delivery.store';
import { WebhookEndpointStore, type EndpointRow } from '../webhook-endpoints/webhook-endpoint.store';
import { WebhookEndpointDelivery } from '../webhook-endpoints/webhook-endpoint-delivery.entity';
import { ALL_EVENTS } from '../webhook-endpoints/webhook-event';
import { unique } from './insert';
import type { Tenant } from './tenant.factory';

/** A delivery with its body read. */
export type ReadDelivery = WebhookEndpointDelivery & { readonly message: { id: string; type: string; createdAt: string; organizationId: string; data: Record<string, unknown> } };

/** The stores of webhooks, put together as the apps do, with a key-encryption key of their own. */
export class WebhookHouse {
  readonly work: UnitOfWork;
  readonly secrets = new SealedSecrets(new DataKeyStore(new EnvironmentKeyEncryption(new Secret(randomBytes(32).toString('base64')))));
  readonly endpoints = new WebhookEndpointStore(this.secrets);
  readonly deliveries = new EndpointDeliveryStore();
  readonly claims = new DeliveryClaims(this.secrets);

  constructor(readonly db: DataSource) {
    this.work = new UnitOfWork(db);
  }

  /** An endpoint of a tenant, made through the store. */
  newEndpoint({ organization, user }: Tenant, events: string[] = [ALL_EVENTS], url = `https://example.com/${unique('hook')}`): Promise<{ endpoint: EndpointRow; secret: Secret }> {
    return this.work.run((tx) => this.endpoints.create(tx, { organizationId: organization.id, userId: user.id, url, description: null, events }));
  }

  /** A ping that waits to be sent. */
  newPing({ organization }: Tenant, endpointId: string): Promise<string> {
    return this.work.run((tx) => this.deliveries.ping(tx, { organizationId: organization.id, endpointId }));
  }

  /** What an endpoint was or will be sent, oldest first. */
  async sentTo(endpointId: string): Promise<ReadDelivery[]> {
    const rows = await this.db.getRepository(WebhookEndpointDelivery).find({ where: { endpointId }, order: { createdAt: 'ASC', id: 'ASC' } });
    return rows.map((row) => ({ ...row, message: JSON.parse(row.body) as ReadDelivery['message'] }));
  }
}
