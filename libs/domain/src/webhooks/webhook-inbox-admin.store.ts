import { type Page, type PageRequest, toPage } from '@app/common';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { sqlRow, sqlRows } from '../sql';
import type { Tx } from '../unit-of-work';
import type { WebhookDelivery } from './webhook-delivery.entity';

/** A delivery as the staff sees it: without its body, which is the sender's. */
export type InboxRow = Pick<WebhookDelivery, 'id' | 'source' | 'deliveryId' | 'eventType' | 'action' | 'installationId' | 'subjectId' | 'status' | 'attempts' | 'nextAttemptAt' | 'lastError' | 'receivedAt' | 'processedAt'>;

export interface InboxFilters {
  readonly source?: WebhookDelivery['source'];
  readonly status?: WebhookDelivery['status'];
  readonly eventType?: string;
}

const SHOWN = 'd.id, d.source, d.delivery_id, d.event_type, d.action, d.installation_id, d.subject_id, d.status, d.attempts, d.next_attempt_at, d.last_error, d.received_at, d.processed_at';

/** The inbox as the platform's staff looks at it: it belongs to no organization. */
@Injectable()
export class WebhookInboxAdminStore {
  async list(manager: EntityManager, { source, status, eventType }: InboxFilters, page: PageRequest): Promise<Page<InboxRow>> {
    const [after, direction] = page.order === 'desc' ? ['<', 'DESC'] : ['>', 'ASC'];
    const rows = await sqlRows<InboxRow & { pageSort: string }>(
      manager,
      `SELECT ${SHOWN}, d.received_at::text AS page_sort FROM webhook_deliveries d
        WHERE ($1::text IS NULL OR d.source = $1) AND ($2::text IS NULL OR d.status = $2) AND ($3::text IS NULL OR d.event_type = $3)
          AND ($4::timestamptz IS NULL OR (d.received_at, d.id) ${after} ($4, $5::uuid)) ORDER BY d.received_at ${direction}, d.id ${direction} LIMIT $6`,
      [source ?? null, status ?? null, eventType ?? null, page.after?.sort ?? null, page.after?.id ?? null, page.limit + 1],
    );
    return toPage(rows, page.limit, (row) => ({ sort: row.pageSort, id: row.id }));
  }

  find(manager: EntityManager, id: string): Promise<InboxRow | null> {
    return sqlRow<InboxRow>(manager, `SELECT ${SHOWN} FROM webhook_deliveries d WHERE d.id = $1`, [id]);
  }

  /** Has a delivery worked on again, from the first try on; null: it is not there, a worker has it, or its body was blanked. */
  replay(tx: Tx, id: string): Promise<InboxRow | null> {
    return sqlRow<InboxRow>(
      tx,
      `UPDATE webhook_deliveries d SET status = 'received', attempts = 0, next_attempt_at = now(), processed_at = NULL
        WHERE d.id = $1 AND length(d.raw_body) > 0 AND NOT (d.status IN ('received','failed') AND d.next_attempt_at > now() AND d.attempts > 0) RETURNING ${SHOWN}`,
      [id],
    );
  }
}
