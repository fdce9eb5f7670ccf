import { Injectable } from '@nestjs/common';
import { sqlChange, sqlRow, sqlRows, storableJson } from '../sql';
import type { Tx } from '../unit-of-work';
import type { KnownInstallation } from './github-installation.store';

/** For so long a sync belongs to the worker that took it, from its last page on. */
const LEASE_SECONDS = 60;
/** Tries until a sync is given up; the next request begins anew. */
export const SYNC_TRIES = 8;
const FIRST_PAUSE_SECONDS = 10;
const LONGEST_PAUSE_SECONDS = 1_800;
/** An installation that nobody asked about is looked at once a day: a lost webhook is made up for. */
const SYNCED_EVERY_HOURS = 24;

/** A sync in hand. Whoever takes it up after this worker was silent goes on at `page`. */
export interface ClaimedSync {
  readonly id: string;
  /** GitHub's id. */
  readonly installationId: string;
  readonly organizationId: string;
  readonly startedAt: string;
  readonly page: number;
}

/** A repository as GitHub lists it; ids as text. */
export interface SyncedRepository {
  readonly githubId: string;
  readonly nodeId: string;
  readonly name: string;
  readonly fullName: string;
  readonly description: string | null;
  readonly isPrivate: boolean;
  readonly isArchived: boolean;
  readonly isFork: boolean;
  readonly language: string | null;
  readonly url: string;
  readonly cloneUrl: string;
  readonly sizeKb: number;
  readonly lastPushedAt: Date | null;
  readonly githubUpdatedAt: Date | null;
}

/** A connected repository that GitHub's list did not name. */
export interface UnseenRepository {
  readonly id: string;
  readonly githubId: string;
}

const IS_DUE = `sync_requested_at IS NOT NULL AND (synced_at IS NULL OR synced_at < sync_requested_at) AND deleted_at IS NULL AND organization_id IS NOT NULL AND (sync_not_before IS NULL OR sync_not_before <= now())`;

/** The default branch stays as it is: it may be the organization's own choice. */
const APPLY = `
UPDATE repositories r SET installation_id = $1, node_id = f."nodeId", name = f.name, full_name = f."fullName", description = f.description, is_private = f."isPrivate", is_archived = f."isArchived",
       is_fork = f."isFork", language = f.language, url = f.url, clone_url = f."cloneUrl", size_kb = f."sizeKb", last_pushed_at = coalesce(f."lastPushedAt", r.last_pushed_at),
       github_updated_at = greatest(f."githubUpdatedAt", r.github_updated_at), last_synced_at = now(), status = 'active'
  FROM jsonb_to_recordset($3::jsonb) AS f("githubId" bigint, "nodeId" text, name text, "fullName" text, description text, "isPrivate" boolean, "isArchived" boolean, "isFork" boolean, language text,
       url text, "cloneUrl" text, "sizeKb" bigint, "lastPushedAt" timestamptz, "githubUpdatedAt" timestamptz)
 WHERE r.organization_id = $2 AND r.provider = 'github' AND r.github_id = f."githubId" AND r.disconnected_at IS NULL`;

/** Syncs of installations: the installation's row is the job. */
@Injectable()
export class GithubInstallationSyncStore {
  /** Asks for those that were not looked at for a day. */
  requestOld(tx: Tx, limit: number): Promise<number> {
    return sqlChange(
      tx,
      `UPDATE github_installations SET sync_requested_at = clock_timestamp() WHERE id IN (
         SELECT id FROM github_installations WHERE organization_id IS NOT NULL AND deleted_at IS NULL AND synced_at < now() - make_interval(hours => ${SYNCED_EVERY_HOURS}) AND sync_requested_at <= synced_at
          ORDER BY synced_at LIMIT $1 FOR UPDATE SKIP LOCKED)`,
      [limit],
    );
  }

  /** Ids of syncs that wait for a worker. */
  async due(tx: Tx, limit: number): Promise<string[]> {
    const rows = await sqlRows<{ id: string }>(tx, `SELECT id FROM github_installations WHERE ${IS_DUE} ORDER BY sync_requested_at LIMIT $1`, [limit]);
    return rows.map(({ id }) => id);
  }

  /** Takes a sync; null when it is done, another worker has it, or it has to wait. */
  claim(tx: Tx, id: string): Promise<ClaimedSync | null> {
    return sqlRow(
      tx,
      `UPDATE github_installations SET sync_not_before = now() + make_interval(secs => ${LEASE_SECONDS}), sync_started_at = coalesce(sync_started_at, clock_timestamp())
        WHERE id = $1 AND ${IS_DUE} RETURNING id, installation_id, organization_id, sync_started_at::text AS started_at, sync_page AS page`,
      [id],
    );
  }

  /** What GitHub says about the installation itself. Suspended: its repositories are, too. */
  async describe(tx: Tx, { id, installationId }: Pick<ClaimedSync, 'id' | 'installationId'>, known: KnownInstallation): Promise<void> {
    await tx.query(
      `UPDATE github_installations SET account_id = $3, account_login = $4, account_type = $5, repository_selection = $6, permissions = $7, events = $8,
              suspended_at = CASE WHEN $9 THEN coalesce(suspended_at, now()) END
        WHERE id = $1 AND installation_id = $2`,
      [id, installationId, known.accountId, known.accountLogin, known.accountType, known.repositorySelection, JSON.stringify(known.permissions), known.events, known.isSuspended ?? false],
    );
    if (known.isSuspended) await this.mark(tx, id, 'suspended');
  }

  /** GitHub knows the installation no more. */
  async bury(tx: Tx, { id }: Pick<ClaimedSync, 'id'>): Promise<void> {
    await tx.query(`UPDATE github_installations SET deleted_at = coalesce(deleted_at, now()), sync_started_at = NULL, sync_page = 1, sync_not_before = NULL, synced_at = now(), sync_error = NULL WHERE id = $1`, [id]);
    await this.mark(tx, id, 'unavailable');
  }

  /** Writes what a page of GitHub's list says into the organization's connected repositories, by GitHub's id; returns how many there were. */
  apply(tx: Tx, { id, organizationId }: Pick<ClaimedSync, 'id' | 'organizationId'>, repositories: readonly SyncedRepository[]): Promise<number> {
    return repositories.length === 0 ? Promise.resolve(0) : sqlChange(tx, APPLY, [id, organizationId, storableJson(repositories)]);
  }

  /** The page is done; false when another worker has the sync meanwhile. */
  async turn(tx: Tx, { id, startedAt, page }: ClaimedSync): Promise<boolean> {
    const changed = await sqlChange(
      tx,
      `UPDATE github_installations SET sync_page = sync_page + 1, sync_not_before = now() + make_interval(secs => ${LEASE_SECONDS}) WHERE id = $1 AND sync_started_at = $2::timestamptz AND sync_page = $3`,
      [id, startedAt, page],
    );
    return changed > 0;
  }

  /** Connected repositories of the installation that no page of this sync named. */
  unseen(tx: Tx, { id, organizationId, startedAt }: ClaimedSync, limit: number): Promise<UnseenRepository[]> {
    return sqlRows(
      tx,
      `SELECT id, github_id FROM repositories WHERE installation_id = $1 AND organization_id = $2 AND provider = 'github' AND disconnected_at IS NULL AND status <> 'unavailable'
          AND (last_synced_at IS NULL OR last_synced_at < $3::timestamptz) ORDER BY id LIMIT $4`,
      [id, organizationId, startedAt, limit],
    );
  }

  /** The installation does not offer it any more. */
  async withdraw(tx: Tx, organizationId: string, repositoryId: string): Promise<void> {
    await tx.query(`UPDATE repositories SET status = 'unavailable', last_synced_at = now() WHERE id = $1 AND organization_id = $2 AND disconnected_at IS NULL`, [repositoryId, organizationId]);
  }

  /** All pages are done. A request that came meanwhile begins a sync of its own. */
  async finish(tx: Tx, { id, startedAt }: ClaimedSync): Promise<void> {
    await tx.query(
      `UPDATE github_installations SET synced_at = sync_started_at, sync_started_at = NULL, sync_page = 1, sync_failures = 0, sync_not_before = NULL, sync_error = NULL WHERE id = $1 AND sync_started_at = $2::timestamptz`,
      [id, startedAt],
    );
  }

  /** It failed: again later, from the same page; after the last try not at all. What GitHub asks us to wait comes first. */
  async fail(tx: Tx, { id, startedAt }: ClaimedSync, words: string, waitSeconds: number | null): Promise<void> {
    const pause = `least(${LONGEST_PAUSE_SECONDS}, ${FIRST_PAUSE_SECONDS} * power(3, sync_failures))`;
    await tx.query(
      `UPDATE github_installations SET sync_error = left($3, 500), sync_failures = CASE WHEN $4::integer IS NULL THEN sync_failures + 1 ELSE sync_failures END,
              sync_not_before = now() + make_interval(secs => coalesce($4::integer, ${pause}))
        WHERE id = $1 AND sync_started_at = $2::timestamptz`,
      [id, startedAt, words, waitSeconds],
    );
    await tx.query(
      `UPDATE github_installations SET synced_at = clock_timestamp(), sync_started_at = NULL, sync_page = 1, sync_failures = 0, sync_not_before = NULL WHERE id = $1 AND sync_failures >= ${SYNC_TRIES}`, [id],
    );
  }

  private async mark(tx: Tx, id: string, status: 'suspended' | 'unavailable'): Promise<void> {
    await tx.query(`UPDATE repositories SET status = $2, last_synced_at = now() WHERE installation_id = $1 AND disconnected_at IS NULL AND status <> $2`, [id, status]);
  }
}
