import { newId } from '@app/common';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { sqlRows } from '../sql';
import type { Tx } from '../unit-of-work';
import { GithubInstallation } from './github-installation.entity';

/** What GitHub tells about an installation. */
export type KnownInstallation = Pick<GithubInstallation, 'installationId' | 'appId' | 'accountId' | 'accountLogin' | 'accountType' | 'repositorySelection' | 'permissions' | 'events'> & { readonly isSuspended?: boolean };

/** A sync that was asked for. */
export interface RequestedSync {
  readonly id: string;
  /** GitHub's id. */
  readonly installationId: string;
  readonly syncRequestedAt: Date;
}

const LINK = `
INSERT INTO github_installations (id, installation_id, app_id, organization_id, account_id, account_login, account_type, repository_selection, permissions, events, suspended_at, sync_requested_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, CASE WHEN $11 THEN now() END, now())
ON CONFLICT (installation_id) DO UPDATE SET organization_id = coalesce(github_installations.organization_id, excluded.organization_id), deleted_at = NULL,
  account_id = excluded.account_id, account_login = excluded.account_login, account_type = excluded.account_type, repository_selection = excluded.repository_selection,
  permissions = excluded.permissions, events = excluded.events, suspended_at = CASE WHEN $11 THEN coalesce(github_installations.suspended_at, now()) END,
  sync_requested_at = CASE WHEN github_installations.organization_id IS NULL THEN now() ELSE github_installations.sync_requested_at END`;

/** A sync that waits already is not asked for again. */
const REQUEST = `
UPDATE github_installations SET sync_requested_at = CASE WHEN sync_requested_at > coalesce(greatest(synced_at, sync_started_at), '-infinity') THEN sync_requested_at ELSE clock_timestamp() END,
       sync_not_before = CASE WHEN sync_started_at IS NULL AND sync_failures = 0 THEN NULL ELSE sync_not_before END
 WHERE organization_id = $1 AND deleted_at IS NULL AND ($2::bigint IS NULL OR installation_id = $2)
RETURNING id, installation_id, sync_requested_at`;

@Injectable()
export class GithubInstallationStore {
  constructor(private readonly dataSource: DataSource) {}

  /** Live installations of the organization. */
  listForOrganization(organizationId: string): Promise<GithubInstallation[]> {
    return this.live().andWhere('installation.organizationId = :organizationId', { organizationId }).orderBy('installation.createdAt').getMany();
  }

  /** By GitHub's own id, whoever owns it; the caller decides by `organizationId`. */
  findByGithubId(installationId: string): Promise<GithubInstallation | null> {
    return this.live().andWhere('installation.installationId = :installationId', { installationId }).getOne();
  }

  /** The row of our id, when the organization owns it. */
  findForOrganization(organizationId: string, id: string): Promise<GithubInstallation | null> {
    return this.live().andWhere('installation.organizationId = :organizationId AND installation.id = :id', { organizationId, id }).getOne();
  }

  /** Of these ids of GitHub, those that belong to some organization, with which. */
  async ownersOf(installationIds: readonly string[]): Promise<Map<string, string>> {
    const rows = await sqlRows<{ installationId: string; organizationId: string }>(
      this.dataSource.manager, `SELECT installation_id, organization_id FROM github_installations WHERE installation_id = ANY($1::bigint[]) AND organization_id IS NOT NULL AND deleted_at IS NULL`, [installationIds],
    );
    return new Map(rows.map((row) => [row.installationId, row.organizationId]));
  }

  /** Writes what GitHub says. An installation that belongs to nobody becomes the organization's, and is synced; one that has an owner keeps it. */
  async link(tx: Tx, organizationId: string, known: KnownInstallation): Promise<GithubInstallation> {
    await tx.query(LINK, [
      newId(), known.installationId, known.appId, organizationId, known.accountId, known.accountLogin, known.accountType, known.repositorySelection,
      JSON.stringify(known.permissions), known.events, known.isSuspended ?? false,
    ]);
    return tx.findOneByOrFail(GithubInstallation, { installationId: known.installationId });
  }

  /** Asks for a sync of one of the organization's installations, by GitHub's id, or of all. The rows are the jobs. */
  requestSync(tx: Tx, organizationId: string, installationId: string | null): Promise<RequestedSync[]> {
    return sqlRows(tx, REQUEST, [organizationId, installationId]);
  }

  private live() {
    return this.dataSource.manager.createQueryBuilder(GithubInstallation, 'installation').where('installation.deletedAt IS NULL');
  }
}
