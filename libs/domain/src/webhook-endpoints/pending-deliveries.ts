import type { EntityManager } from 'typeorm';
import { sqlChange } from '../sql';
import { DELIVERY_KEPT_DAYS } from './webhook-tunables';

/**
 * SQL: whether a try of delivery `d` is under way. A claim empties `last_duration_ms` and moves `next_attempt_at` ahead as its lease; whatever
 * ends the try fills it.
 */
export const IN_FLIGHT = `d.status = 'pending' AND d.attempts > 0 AND d.last_duration_ms IS NULL AND d.next_attempt_at > now()`;

/** Cancels what an endpoint was not sent yet. A try that is under way ends by itself. The endpoint's row must be held. */
export async function cancelPending(tx: EntityManager, endpointId: string): Promise<void> {
  await sqlChange(tx, `UPDATE webhook_endpoint_deliveries d SET status = 'cancelled' WHERE d.endpoint_id = $1 AND d.status = 'pending' AND NOT (${IN_FLIGHT})`, [endpointId]);
}

/** Deletes deliveries that have been kept for their time; returns how many. */
export function deleteOldDeliveries(tx: EntityManager, limit: number): Promise<number> {
  return sqlChange(
    tx,
    `DELETE FROM webhook_endpoint_deliveries WHERE id = ANY (ARRAY(
       SELECT id FROM webhook_endpoint_deliveries WHERE created_at < now() - make_interval(days => $1) AND status <> 'pending' ORDER BY created_at LIMIT $2))`,
    [DELIVERY_KEPT_DAYS, limit],
  );
}
