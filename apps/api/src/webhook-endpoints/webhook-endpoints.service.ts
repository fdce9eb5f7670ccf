import { AppConfig, notFound, type Secret } from '@app/common';
import { type EndpointChanges, type EndpointRow, recordAudit, SECRET_OVERLAP_SECONDS, type Tx, UnitOfWork, WebhookEndpointStore } from '@app/domain';
import { receiverUrl } from '@app/submission';
import { Injectable } from '@nestjs/common';
import type { Principal } from '../auth/principal';
import { contentTag, versionConflict } from '../http/etag';
import type { IdempotentCall } from '../http/idempotency/idempotent-call';
import type { CreateWebhookEndpointDto, RotateSecretDto, UpdateWebhookEndpointDto } from './dto/webhook-endpoint.dto';
import { CreatedWebhookEndpointResponse, RotatedSecretResponse, WebhookEndpointResponse } from './dto/webhook-endpoint.response';

/** Which version of an endpoint a change is meant for; null: whatever it is. */
export interface Target {
  readonly id: string;
  readonly rowVersion: number | null;
}

/** An organization's webhook endpoints. Every write leaves an audit row. */
@Injectable()
export class WebhookEndpointsService {
  constructor(
    private readonly endpoints: WebhookEndpointStore,
    private readonly unitOfWork: UnitOfWork,
    private readonly config: AppConfig,
  ) {}

  /** @throws {AppError} not_found */
  async visible({ organizationId }: Principal, id: string): Promise<EndpointRow> {
    const row = await this.endpoints.find(this.unitOfWork.reader, organizationId, id);
    if (!row) throw notFound();
    return row;
  }

  /** @throws {AppError} unsafe_url, plan_limit_webhook_endpoints; webhook_endpoint_duplicate comes from the database */
  create({ organizationId, userId }: Principal, dto: CreateWebhookEndpointDto, call: IdempotentCall | null): Promise<CreatedWebhookEndpointResponse> {
    const url = this.safe(dto.url);
    return this.unitOfWork.run(async (tx) => {
      const { endpoint, secret } = await this.endpoints.create(tx, { organizationId, userId, url, events: dto.events, description: dto.description ?? null });
      await this.record(tx, organizationId, { action: 'webhook_endpoint.created', id: endpoint.id, changes: { url, events: dto.events } });
      const body = CreatedWebhookEndpointResponse.of(endpoint, secret);
      const headers = { Location: `/api/v1/webhook-endpoints/${endpoint.id}`, ETag: contentTag(WebhookEndpointResponse.from(endpoint)) };
      await call?.complete(tx, { status: 201, body, headers });
      return body;
    });
  }

  /** @throws {AppError} unsafe_url, version_conflict, not_found */
  update({ organizationId }: Principal, target: Target, dto: UpdateWebhookEndpointDto): Promise<EndpointRow> {
    const changes = sent({ url: dto.url === undefined ? undefined : this.safe(dto.url), events: dto.events, description: dto.description, status: dto.status });
    return this.unitOfWork.run(async (tx) => {
      const row = await this.endpoints.update(tx, { organizationId, ...target }, changes);
      if (!row) throw await this.refusal(tx, organizationId, target);
      await this.record(tx, organizationId, { action: `webhook_endpoint.${verb(dto.status)}`, id: row.id, changes: { ...changes } });
      return row;
    });
  }

  /** @throws {AppError} version_conflict, not_found */
  async delete({ organizationId }: Principal, target: Target): Promise<void> {
    await this.unitOfWork.run(async (tx) => {
      if (!(await this.endpoints.delete(tx, { organizationId, ...target }))) throw await this.refusal(tx, organizationId, target);
      await this.record(tx, organizationId, { action: 'webhook_endpoint.deleted', id: target.id });
    });
  }

  /** @throws {AppError} not_found */
  rotate({ organizationId }: Principal, id: string, dto: RotateSecretDto, call: IdempotentCall | null): Promise<RotatedSecretResponse> {
    const overlapSeconds = dto.overlapSeconds ?? SECRET_OVERLAP_SECONDS;
    return this.unitOfWork.run(async (tx) => {
      const rotated: { endpoint: EndpointRow; secret: Secret } = await this.endpoints.rotate(tx, { organizationId, id }, overlapSeconds);
      await this.record(tx, organizationId, { action: 'webhook_endpoint.secret_rotated', id, changes: { overlapSeconds } });
      const body = RotatedSecretResponse.of(rotated.endpoint, rotated.secret);
      await call?.complete(tx, { status: 200, body });
      return body;
    });
  }

  private safe(url: string): string {
    return receiverUrl('url', url, { allowLoopback: !this.config.core.isProduction });
  }

  private async refusal(tx: Tx, organizationId: string, { id }: Target): Promise<Error> {
    return (await this.endpoints.find(tx, organizationId, id)) ? versionConflict() : notFound();
  }

  private record(tx: Tx, organizationId: string, entry: { action: `webhook_endpoint.${string}`; id: string; changes?: Record<string, unknown> }): Promise<void> {
    return recordAudit(tx, { organizationId, action: entry.action, targetType: 'webhook_endpoint', targetId: entry.id, changes: entry.changes });
  }
}

function sent(changes: EndpointChanges): EndpointChanges {
  return Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
}

function verb(status: UpdateWebhookEndpointDto['status']): 'updated' | 'enabled' | 'disabled' {
  if (status === undefined) return 'updated';
  return status === 'active' ? 'enabled' : 'disabled';
}
