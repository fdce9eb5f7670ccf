import { notFound, toPage, type Page, type PageRequest } from '@app/common';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { sqlRow, sqlRows } from '../sql';
import type { Tx } from '../unit-of-work';
import { noteDeliveries } from './committed-deliveries';
import { IN_FLIGHT } from './pending-deliveries';
import { addDeliveries } from './webhook-emission';
import type { WebhookEndpointDelivery } from './webhook-endpoint-delivery.entity';

/** One event to one endpoint as lists show it. */
export type EndpointDeliveryRow = Omit<WebhookEndpointDelivery, 'body' | 'organizationId'>;

export interface EndpointDeliveryFilter {
  readonly organizationId: string;
  readonly endpointId: string;
  readonly status?: WebhookEndpointDelivery['status'];
  readonly eventType?: string;
}

export interface OwnedDelivery {
  readonly organizationId: string;
  readonly endpointId: string;
  readonly id: string;
}

const LISTED = `d.id, d.endpoint_id, d.event_id, d.event_type, d.task_id, d.status, d.attempts, d.next_attempt_at, d.last_status, d.last_error, d.last_duration_ms, d.delivered_at, d.created_at`;

/** The record of what an endpoint was sent. */
@Injectable()
export class EndpointDeliveryStore {
  async list(manager: EntityManager, filter: EndpointDeliveryFilter, page: PageRequest): Promise<Page<EndpointDeliveryRow>> {
    const [after, direction] = page.order === 'desc' ? ['<', 'DESC'] : ['>', 'ASC'];
    const rows = await sqlRows<EndpointDeliveryRow & { pageSort: string }>(
      manager,
      `SELECT ${LISTED}, d.created_at::text AS page_sort FROM webhook_endpoint_deliveries d
        WHERE d.endpoint_id = $1 AND d.organization_id = $2 AND ($3::text IS NULL OR d.status = $3) AND ($4::text IS NULL OR d.event_type = $4)
          AND ($5::timestamptz IS NULL OR (d.created_at, d.id) ${after} ($5, $6::uuid)) ORDER BY d.created_at ${direction}, d.id ${direction} LIMIT $7`,
      [filter.endpointId, filter.organizationId, filter.status ?? null, filter.eventType ?? null, page.after?.sort ?? null, page.after?.id ?? null, page.limit + 1],
    );
    return toPage(rows, page.limit, (row) => ({ sort: row.pageSort, id: row.id }));
  }

  /** One delivery with the text that was signed. */
  find(manager: EntityManager, { organizationId, endpointId, id }: OwnedDelivery): Promise<(EndpointDeliveryRow & { readonly body: string }) | null> {
    return sqlRow(manager, `SELECT ${LISTED}, d.body FROM webhook_endpoint_deliveries d WHERE d.id = $3 AND d.endpoint_id = $2 AND d.organization_id = $1`, [organizationId, endpointId, id]);
  }

  /** Writes a `ping`; returns the delivery's id. */
  async ping(tx: Tx, { organizationId, endpointId }: Omit<OwnedDelivery, 'id'>): Promise<string> {
    const [clock] = await sqlRows<{ at: Date }>(tx, 'SELECT now() AS at');
    const [id] = await addDeliveries(tx, [endpointId], { type: 'ping', at: clock?.at ?? new Date(), organizationId, taskId: null, data: {} });
    if (id === undefined) throw new Error('the ping was not written');
    return id;
  }

  /**
   * Sends a delivery once more, now: the same event under the same id, with all tries ahead. One whose try is under way stays as it is.
   * The endpoint's row must be held. @throws {AppError} not_found
   */
  async redeliver(tx: Tx, { organizationId, endpointId, id }: OwnedDelivery): Promise<void> {
    const known = await sqlRow<{ isInFlight: boolean }>(
      tx,
      `SELECT (${IN_FLIGHT}) AS is_in_flight FROM webhook_endpoint_deliveries d WHERE d.id = $3 AND d.endpoint_id = $2 AND d.organization_id = $1 FOR NO KEY UPDATE`,
      [organizationId, endpointId, id],
    );
    if (!known) throw notFound();
    if (known.isInFlight) return;
    await tx.query(`UPDATE webhook_endpoint_deliveries SET status = 'pending', attempts = 0, next_attempt_at = now(), delivered_at = NULL WHERE id = $1`, [id]);
    noteDeliveries(tx, [id]);
  }
}
