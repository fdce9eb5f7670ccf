import { newId, notFound, toPage, type Page, type PageRequest, type Secret } from '@app/common';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { holdMembership } from '../organizations/held-membership';
import { SealedSecrets, type SealedSecret } from '../secrets/sealed-secrets';
import { sqlRow, sqlRows, storableText } from '../sql';
import type { Tx } from '../unit-of-work';
import { cancelPending } from './pending-deliveries';
import type { WebhookEndpoint } from './webhook-endpoint.entity';
import { tooManyEndpoints } from './webhook-endpoints.errors';
import { last4, newWebhookSecret, secretPlace } from './webhook-secret';
import { MOST_ENDPOINTS } from './webhook-tunables';

/** An endpoint as it is shown. `previousSecretExpiresAt` is null once that time has passed. */
export type EndpointRow = Pick<
  WebhookEndpoint,
  | 'id' | 'url' | 'description' | 'events' | 'status' | 'disabledReason' | 'secretLast4' | 'previousSecretExpiresAt' | 'lastSuccessAt' | 'lastFailureAt' | 'rowVersion' | 'createdAt'
  | 'updatedAt'
>;

/** Which endpoint of which organization; with `rowVersion` only while that is its version. */
export interface OwnedEndpoint {
  readonly organizationId: string;
  readonly id: string;
  readonly rowVersion?: number | null;
}

export type NewEndpoint = Pick<WebhookEndpoint, 'organizationId' | 'url' | 'description' | 'events'> & { readonly userId: string };
export type EndpointChanges = Partial<Pick<WebhookEndpoint, 'url' | 'description' | 'events' | 'status'>>;

const SHOWN = `e.id, e.url, e.description, e.events, e.status, e.disabled_reason, e.secret_last4, CASE WHEN e.previous_secret_expires_at > now() THEN e.previous_secret_expires_at END AS previous_secret_expires_at,
  e.last_success_at, e.last_failure_at, e.row_version, e.created_at, e.updated_at`;
const MINE = 'e.organization_id = $1 AND e.task_id IS NULL AND e.deleted_at IS NULL';
const THIS = `${MINE} AND e.id = $2 AND ($3::integer IS NULL OR e.row_version = $3)`;

/** Where an organization is sent its events. The callbacks of single tasks are not seen here. */
@Injectable()
export class WebhookEndpointStore {
  constructor(private readonly secrets: SealedSecrets) {}

  /** Makes an endpoint and its secret, which is not seen again. @throws {AppError} not_found, plan_limit_webhook_endpoints; a double address breaks webhook_endpoints_url_uq */
  async create(tx: Tx, endpoint: NewEndpoint): Promise<{ endpoint: EndpointRow; secret: Secret }> {
    const { organizationId, userId, url, description, events } = endpoint;
    await holdMembership(tx, endpoint);
    await this.assertOneMore(tx, organizationId);
    const id = newId();
    const secret = newWebhookSecret();
    const { sealed, keyVersion } = await this.secrets.seal(tx, secretPlace(organizationId, id), secret);
    const row = await sqlRow<EndpointRow>(
      tx,
      `INSERT INTO webhook_endpoints AS e (id, organization_id, url, description, events, secret_enc, key_version, secret_last4, created_by_user_id)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING ${SHOWN}`,
      [id, organizationId, url, description === null ? null : storableText(description), events, sealed, keyVersion, last4(secret), userId],
    );
    if (!row) throw new Error('the endpoint was not stored');
    return { endpoint: row, secret };
  }

  find(manager: EntityManager, organizationId: string, id: string): Promise<EndpointRow | null> {
    return sqlRow<EndpointRow>(manager, `SELECT ${SHOWN} FROM webhook_endpoints e WHERE ${MINE} AND e.id = $2`, [organizationId, id]);
  }

  /** Holds the endpoint until the commit. @throws {AppError} not_found */
  async lock(tx: Tx, organizationId: string, id: string): Promise<EndpointRow> {
    const row = await sqlRow<EndpointRow>(tx, `SELECT ${SHOWN} FROM webhook_endpoints e WHERE ${MINE} AND e.id = $2 FOR NO KEY UPDATE`, [organizationId, id]);
    if (!row) throw notFound();
    return row;
  }

  async list(manager: EntityManager, organizationId: string, page: PageRequest): Promise<Page<EndpointRow>> {
    const [after, direction] = page.order === 'desc' ? ['<', 'DESC'] : ['>', 'ASC'];
    const rows = await sqlRows<EndpointRow & { pageSort: string }>(
      manager,
      `SELECT ${SHOWN}, e.created_at::text AS page_sort FROM webhook_endpoints e
        WHERE ${MINE} AND ($2::timestamptz IS NULL OR (e.created_at, e.id) ${after} ($2, $3::uuid)) ORDER BY e.created_at ${direction}, e.id ${direction} LIMIT $4`,
      [organizationId, page.after?.sort ?? null, page.after?.id ?? null, page.limit + 1],
    );
    return toPage(rows, page.limit, (row) => ({ sort: row.pageSort, id: row.id }));
  }

  /** Merges the given fields; null when it is not there or its version is another. One that is enabled starts with a clean slate. */
  async update(tx: Tx, target: OwnedEndpoint, changes: EndpointChanges): Promise<EndpointRow | null> {
    const row = await sqlRow<EndpointRow>(
      tx,
      `UPDATE webhook_endpoints e SET url = coalesce($4, e.url), description = CASE WHEN $5 THEN $6 ELSE e.description END, events = coalesce($7::text[], e.events), status = coalesce($8, e.status),
              disabled_reason = CASE WHEN $8 = 'disabled' THEN coalesce(e.disabled_reason, 'user') WHEN $8 = 'active' THEN NULL ELSE e.disabled_reason END,
              consecutive_failures = CASE WHEN $8 = 'active' AND e.status = 'disabled' THEN 0 ELSE e.consecutive_failures END
        WHERE ${THIS} RETURNING ${SHOWN}`,
      [
        ...keyOf(target), changes.url ?? null, changes.description !== undefined, typeof changes.description === 'string' ? storableText(changes.description) : null, changes.events ?? null,
        changes.status ?? null,
      ],
    );
    if (row?.status === 'disabled') await cancelPending(tx, row.id);
    return row;
  }

  /** Takes the endpoint away: its secrets are wiped and what it was not sent yet is cancelled. False when it is not there or its version is another. */
  async delete(tx: Tx, target: OwnedEndpoint): Promise<boolean> {
    const row = await sqlRow<{ id: string }>(
      tx,
      `UPDATE webhook_endpoints e SET deleted_at = now(), secret_enc = '', previous_secret_enc = NULL, previous_secret_expires_at = NULL WHERE ${THIS} RETURNING e.id`,
      keyOf(target),
    );
    if (row) await cancelPending(tx, row.id);
    return row !== null;
  }

  /** Gives the endpoint a new secret; the one before signs as well for `overlapSeconds`. @throws {AppError} not_found */
  async rotate(tx: Tx, { organizationId, id }: OwnedEndpoint, overlapSeconds: number): Promise<{ endpoint: EndpointRow; secret: Secret }> {
    await this.lock(tx, organizationId, id);
    const secret = newWebhookSecret();
    const previous = overlapSeconds > 0 ? await this.resealed(tx, organizationId, id) : null;
    const current = await this.secrets.seal(tx, secretPlace(organizationId, id), secret);
    const row = await sqlRow<EndpointRow>(
      tx,
      `UPDATE webhook_endpoints e SET secret_enc = $3, key_version = $4, secret_last4 = $5, previous_secret_enc = $6::bytea,
              previous_secret_expires_at = CASE WHEN $6::bytea IS NULL THEN NULL ELSE now() + make_interval(secs => $7) END
        WHERE ${MINE} AND e.id = $2 RETURNING ${SHOWN}`,
      [organizationId, id, current.sealed, current.keyVersion, last4(secret), previous?.sealed ?? null, overlapSeconds],
    );
    if (!row) throw notFound();
    return { endpoint: row, secret };
  }

  /** The secret in force, sealed anew as the previous one. Both are sealed in one transaction, so one key version stands for both. */
  private async resealed(tx: Tx, organizationId: string, id: string): Promise<SealedSecret> {
    const row = await sqlRow<{ secretEnc: Buffer; keyVersion: number }>(tx, 'SELECT secret_enc, key_version FROM webhook_endpoints WHERE id = $1 AND organization_id = $2', [id, organizationId]);
    if (!row) throw notFound();
    const secret = await this.secrets.open(tx, secretPlace(organizationId, id), { sealed: row.secretEnc, keyVersion: row.keyVersion });
    return this.secrets.seal(tx, secretPlace(organizationId, id, 'previous'), secret);
  }

  private async assertOneMore(tx: Tx, organizationId: string): Promise<void> {
    // Two that count at once would both find room.
    await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('webhook-endpoints-' || $1::text, 0))`, [organizationId]);
    const row = await sqlRow<{ count: number }>(tx, `SELECT count(*)::integer AS count FROM webhook_endpoints e WHERE ${MINE}`, [organizationId]);
    if ((row?.count ?? 0) >= MOST_ENDPOINTS) throw tooManyEndpoints(MOST_ENDPOINTS);
  }
}

function keyOf({ organizationId, id, rowVersion }: OwnedEndpoint): unknown[] {
  return [organizationId, id, rowVersion ?? null];
}
