import type { Secret } from '@app/common';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { recordAudit } from '../audit/record-audit';
import { SealedSecrets } from '../secrets/sealed-secrets';
import { sqlChange, sqlRow, sqlRows } from '../sql';
import type { Tx } from '../unit-of-work';
import { cancelPending, IN_FLIGHT } from './pending-deliveries';
import { secretPlace } from './webhook-secret';
import { DEAD_IN_A_ROW, DELIVERY_LEASE_SECONDS, DELIVERY_STUCK_SECONDS, LAST_SUCCESS_EVERY_SECONDS, MOST_IN_FLIGHT } from './webhook-tunables';

/** A try of a delivery, held by one worker until its lease passes. */
export interface ClaimedDelivery {
  readonly id: string;
  readonly endpointId: string;
  readonly organizationId: string;
  readonly url: string;
  readonly eventId: string;
  readonly body: string;
  /** Which try it is, from 1. */
  readonly attempts: number;
  /** The fence: a worker whose lease is another's by now changes nothing. */
  readonly lease: string;
  /** The secret in force, and the one before it while both sign. None: they cannot be opened here, so nothing can be signed. */
  readonly secrets: readonly Secret[];
}

/** `gone`: taken, done or not due · `full`: enough tries are under way at its endpoint. */
export type DeliveryClaim = { readonly kind: 'claimed'; readonly delivery: ClaimedDelivery } | { readonly kind: 'gone' | 'full' };

/** How a try failed. */
export interface DeliveryFailure {
  readonly httpStatus: number | null;
  /** In our words; nothing that the receiver said. */
  readonly error: string;
  readonly durationMs: number;
  /** Seconds until the next try; null: there is none, the delivery is dead. */
  readonly retryInSeconds: number | null;
  /** The receiver says that there will never be anything at this address. */
  readonly isGone: boolean;
}

interface EndpointRow {
  readonly id: string;
  readonly organizationId: string;
  readonly url: string;
  readonly secretEnc: Buffer;
  readonly previousSecretEnc: Buffer | null;
  readonly keyVersion: number;
  readonly isActive: boolean;
  readonly isFailing: boolean;
}

/** The work of sending: claim a due delivery, say how it went. Lock order: endpoint, then delivery. */
@Injectable()
export class DeliveryClaims {
  constructor(
    private readonly secrets: SealedSecrets,
  ) {}

  /** Takes a due delivery, unless its endpoint has as many tries under way as it may: one while it fails, else four. */
  async claim(tx: Tx, deliveryId: string): Promise<DeliveryClaim> {
    const endpoint = await sqlRow<EndpointRow>(tx, ENDPOINT_OF_DUE, [deliveryId]);
    if (!endpoint) return { kind: 'gone' };
    if (!endpoint.isActive) {
      await cancelPending(tx, endpoint.id);
      return { kind: 'gone' };
    }
    const flying = await sqlRow<{ count: number }>(tx, `SELECT count(*)::integer AS count FROM webhook_endpoint_deliveries d WHERE d.endpoint_id = $1 AND ${IN_FLIGHT}`, [endpoint.id]);
    if ((flying?.count ?? 0) >= (endpoint.isFailing ? 1 : MOST_IN_FLIGHT)) return { kind: 'full' };
    const taken = await sqlRow<Pick<ClaimedDelivery, 'id' | 'eventId' | 'body' | 'attempts' | 'lease'>>(
      tx,
      `UPDATE webhook_endpoint_deliveries SET attempts = attempts + 1, last_duration_ms = NULL, next_attempt_at = clock_timestamp() + make_interval(secs => $2)
        WHERE id = $1 AND status = 'pending' AND next_attempt_at <= now() RETURNING id, event_id, body, attempts, next_attempt_at::text AS lease`,
      [deliveryId, DELIVERY_LEASE_SECONDS],
    );
    if (!taken) return { kind: 'gone' };
    return { kind: 'claimed', delivery: { ...taken, endpointId: endpoint.id, organizationId: endpoint.organizationId, url: endpoint.url, secrets: await this.open(tx, endpoint).catch(() => []) } };
  }

  /** The receiver has it. False: the lease was another's by then. */
  async succeeded(tx: Tx, delivery: ClaimedDelivery, { httpStatus, durationMs }: Pick<DeliveryFailure, 'durationMs'> & { httpStatus: number }): Promise<boolean> {
    await this.lockEndpoint(tx, delivery.endpointId);
    const changed = await sqlChange(
      tx,
      `UPDATE webhook_endpoint_deliveries SET status = 'delivered', delivered_at = now(), last_status = $3, last_error = NULL, last_duration_ms = $4 WHERE ${HELD}`,
      [delivery.id, delivery.lease, httpStatus, durationMs],
    );
    if (changed === 0) return false;
    await sqlChange(
      tx,
      `UPDATE webhook_endpoints SET last_success_at = now(), consecutive_failures = 0
        WHERE id = $1 AND (consecutive_failures > 0 OR last_success_at IS NULL OR last_failure_at >= last_success_at OR last_success_at < now() - make_interval(secs => $2))`,
      [delivery.endpointId, LAST_SUCCESS_EVERY_SECONDS],
    );
    return true;
  }

  /**
   * The try failed: there is another, or the delivery is dead. Thirty dead ones in a row, or a receiver that is gone for good, disable the
   * endpoint. False: the lease was another's by then.
   */
  async failed(tx: Tx, delivery: ClaimedDelivery, failure: DeliveryFailure): Promise<boolean> {
    const isActive = await this.lockEndpoint(tx, delivery.endpointId);
    const status = failure.isGone || failure.retryInSeconds === null ? 'dead' : isActive ? 'pending' : 'cancelled';
    const changed = await sqlChange(
      tx,
      `UPDATE webhook_endpoint_deliveries SET status = $3, next_attempt_at = now() + make_interval(secs => $4), last_status = $5, last_error = left($6, 500), last_duration_ms = $7 WHERE ${HELD}`,
      [delivery.id, delivery.lease, status, failure.retryInSeconds ?? 0, failure.httpStatus, failure.error, failure.durationMs],
    );
    if (changed === 0) return false;
    const row = await sqlRow<{ consecutiveFailures: number }>(
      tx,
      `UPDATE webhook_endpoints SET last_failure_at = now(), consecutive_failures = consecutive_failures + CASE WHEN $2 = 'dead' THEN 1 ELSE 0 END WHERE id = $1 RETURNING consecutive_failures`,
      [delivery.endpointId, status],
    );
    const isHopeless = failure.isGone || (row?.consecutiveFailures ?? 0) >= DEAD_IN_A_ROW;
    if (isActive && isHopeless) await this.disable(tx, delivery, failure.isGone ? 'the receiver answered 410 Gone' : `${DEAD_IN_A_ROW} deliveries in a row could not be made`);
    return true;
  }

  /** Gives a try back that was not made: the process ends. It is due at once and does not count. */
  async release(tx: Tx, delivery: ClaimedDelivery): Promise<void> {
    await sqlChange(tx, `UPDATE webhook_endpoint_deliveries SET attempts = attempts - 1, next_attempt_at = now(), last_duration_ms = 0 WHERE ${HELD}`, [delivery.id, delivery.lease]);
  }

  /** What an endpoint has due next: enough to keep it busy. */
  async dueOfEndpoint(manager: EntityManager, endpointId: string): Promise<string[]> {
    const rows = await sqlRows<{ id: string }>(
      manager,
      `SELECT id FROM webhook_endpoint_deliveries WHERE endpoint_id = $1 AND status = 'pending' AND next_attempt_at <= now() ORDER BY next_attempt_at, id LIMIT $2`,
      [endpointId, MOST_IN_FLIGHT],
    );
    return rows.map(({ id }) => id);
  }

  /**
   * What is due and has no job: retries, and new ones that nobody took in time. A few of each endpoint, so that one with a long backlog
   * does not stand before the others; the rest follows as these are done.
   */
  async due(manager: EntityManager, limit: number): Promise<string[]> {
    const rows = await sqlRows<{ id: string }>(manager, DUE_OF_ALL, [DELIVERY_STUCK_SECONDS, MOST_IN_FLIGHT, limit]);
    return rows.map(({ id }) => id);
  }

  private async open(tx: Tx, { organizationId, id, secretEnc, previousSecretEnc, keyVersion }: EndpointRow): Promise<Secret[]> {
    const current = await this.secrets.open(tx, secretPlace(organizationId, id), { sealed: secretEnc, keyVersion });
    if (previousSecretEnc === null) return [current];
    return [current, await this.secrets.open(tx, secretPlace(organizationId, id, 'previous'), { sealed: previousSecretEnc, keyVersion })];
  }

  private async lockEndpoint(tx: Tx, id: string): Promise<boolean> {
    const row = await sqlRow<{ isActive: boolean }>(tx, `SELECT ${IS_ACTIVE} AS is_active FROM webhook_endpoints e WHERE e.id = $1 FOR NO KEY UPDATE`, [id]);
    return row?.isActive ?? false;
  }

  private async disable(tx: Tx, { endpointId, organizationId }: ClaimedDelivery, why: string): Promise<void> {
    await sqlChange(tx, `UPDATE webhook_endpoints SET status = 'disabled', disabled_reason = 'failing' WHERE id = $1`, [endpointId]);
    await cancelPending(tx, endpointId);
    await recordAudit(tx, { organizationId, action: 'webhook_endpoint.disabled', targetType: 'webhook_endpoint', targetId: endpointId, changes: { status: 'disabled', disabledReason: 'failing', why } });
  }
}

const IS_ACTIVE = `(e.status = 'active' AND e.deleted_at IS NULL)`;
const HELD = `id = $1 AND status = 'pending' AND next_attempt_at = $2::timestamptz`;

/** Claims of one endpoint count one after the other: its row is held. */
const ENDPOINT_OF_DUE = `
SELECT e.id, e.organization_id, e.url, e.secret_enc, CASE WHEN e.previous_secret_expires_at > now() THEN e.previous_secret_enc END AS previous_secret_enc, e.key_version,
       ${IS_ACTIVE} AS is_active, coalesce(e.last_failure_at > coalesce(e.last_success_at, '-infinity'), false) AS is_failing
  FROM webhook_endpoint_deliveries d JOIN webhook_endpoints e ON e.id = d.endpoint_id
 WHERE d.id = $1 AND d.status = 'pending' AND d.next_attempt_at <= now() FOR NO KEY UPDATE OF e`;

/** Steps from endpoint to endpoint through the index, so that a backlog of one costs no more than a single row. */
const DUE_OF_ALL = `
WITH RECURSIVE waiting(endpoint_id) AS (
  (SELECT endpoint_id FROM webhook_endpoint_deliveries WHERE status = 'pending' ORDER BY endpoint_id LIMIT 1)
  UNION ALL
  SELECT (SELECT d.endpoint_id FROM webhook_endpoint_deliveries d WHERE d.status = 'pending' AND d.endpoint_id > waiting.endpoint_id ORDER BY d.endpoint_id LIMIT 1)
    FROM waiting WHERE waiting.endpoint_id IS NOT NULL)
SELECT due.id FROM waiting CROSS JOIN LATERAL (
  SELECT d.id, d.next_attempt_at FROM webhook_endpoint_deliveries d
   WHERE d.endpoint_id = waiting.endpoint_id AND d.status = 'pending' AND d.next_attempt_at <= now() AND (d.attempts > 0 OR d.next_attempt_at <= now() - make_interval(secs => $1))
   ORDER BY d.next_attempt_at, d.id LIMIT $2) due
 ORDER BY due.next_attempt_at LIMIT $3`;
