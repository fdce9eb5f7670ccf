import { newId } from '@app/common';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Tx } from '../unit-of-work';
import { GithubInstallation } from './github-installation.entity';

/** What GitHub tells about an installation. */
export type KnownInstallation = Pick<GithubInstallation, 'installationId' | 'appId' | 'accountId' | 'accountLogin' | 'accountType' | 'repositorySelection' | 'permissions' | 'events'>;

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

  /** Writes what GitHub says. An installation that belongs to nobody becomes the organization's; one that has an owner keeps it. */
  async link(tx: Tx, organizationId: string, known: KnownInstallation): Promise<GithubInstallation> {
    await tx.query(
      `INSERT INTO github_installations (id, installation_id, app_id, organization_id, account_id, account_login, account_type, repository_selection, permissions, events)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
       ON CONFLICT (installation_id) DO UPDATE SET organization_id = coalesce(github_installations.organization_id, excluded.organization_id), deleted_at = NULL,
         account_login = excluded.account_login, repository_selection = excluded.repository_selection, permissions = excluded.permissions, events = excluded.events`,
      [
        newId(), known.installationId, known.appId, organizationId, known.accountId, known.accountLogin, known.accountType, known.repositorySelection,
        JSON.stringify(known.permissions), known.events,
      ],
    );
    return tx.findOneByOrFail(GithubInstallation, { installationId: known.installationId });
  }

  private live() {
    return this.dataSource.manager.createQueryBuilder(GithubInstallation, 'installation').where('installation.deletedAt IS NULL');
  }
}
