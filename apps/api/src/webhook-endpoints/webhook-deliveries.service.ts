import { notFound } from '@app/common';
import { type EndpointDeliveryRow, EndpointDeliveryStore, endpointDisabled, recordAudit, type Tx, UnitOfWork, WebhookEndpointStore } from '@app/domain';
import { Injectable } from '@nestjs/common';
import type { Principal } from '../auth/principal';
import type { IdempotentCall } from '../http/idempotency/idempotent-call';
import type { DeliveryReferenceResponse } from './dto/delivery.response';

/** What an endpoint was sent, and sending on request. */
@Injectable()
export class WebhookDeliveriesService {
  constructor(
    private readonly endpoints: WebhookEndpointStore,
    private readonly deliveries: EndpointDeliveryStore,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** @throws {AppError} not_found */
  async visible({ organizationId }: Principal, endpointId: string, id: string): Promise<EndpointDeliveryRow & { readonly body: string }> {
    const { reader } = this.unitOfWork;
    const endpoint = await this.endpoints.find(reader, organizationId, endpointId);
    const row = endpoint && (await this.deliveries.find(reader, { organizationId, endpointId, id }));
    if (!row) throw notFound();
    return row;
  }

  /** @throws {AppError} not_found, webhook_endpoint_disabled */
  ping({ organizationId }: Principal, endpointId: string, call: IdempotentCall | null): Promise<DeliveryReferenceResponse> {
    return this.unitOfWork.run(async (tx) => {
      await this.lockActive(tx, organizationId, endpointId);
      const deliveryId = await this.deliveries.ping(tx, { organizationId, endpointId });
      await recordAudit(tx, { organizationId, action: 'webhook_endpoint.pinged', targetType: 'webhook_endpoint', targetId: endpointId, changes: { deliveryId } });
      return this.complete(tx, { deliveryId }, call);
    });
  }

  /** @throws {AppError} not_found, webhook_endpoint_disabled */
  redeliver({ organizationId }: Principal, { endpointId, id }: { endpointId: string; id: string }, call: IdempotentCall | null): Promise<DeliveryReferenceResponse> {
    return this.unitOfWork.run(async (tx) => {
      await this.lockActive(tx, organizationId, endpointId);
      await this.deliveries.redeliver(tx, { organizationId, endpointId, id });
      await recordAudit(tx, { organizationId, action: 'webhook_delivery.redelivered', targetType: 'webhook_delivery', targetId: id, changes: { endpointId } });
      return this.complete(tx, { deliveryId: id }, call);
    });
  }

  private async lockActive(tx: Tx, organizationId: string, endpointId: string): Promise<void> {
    const endpoint = await this.endpoints.lock(tx, organizationId, endpointId);
    if (endpoint.status === 'disabled') throw endpointDisabled();
  }

  private async complete(tx: Tx, body: DeliveryReferenceResponse, call: IdempotentCall | null): Promise<DeliveryReferenceResponse> {
    await call?.complete(tx, { status: 202, body });
    return body;
  }
}
