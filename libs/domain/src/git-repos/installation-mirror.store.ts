import { newId } from '@app/common';
import { Injectable } from '@nestjs/common';
import { sqlRow, sqlRows, storableText } from '../sql';
import type { Tx } from '../unit-of-work';
import type { GithubInstallation } from './github-installation.entity';

/** An installation as a webhook describes it; ids as text. */
export interface ForgeInstallation extends Pick<GithubInstallation, 'installationId' | 'appId' | 'accountId' | 'accountLogin' | 'accountType' | 'repositorySelection' | 'permissions' | 'events' | 'suspendedAt'> {
  /** Decides which of two descriptions is the newer one; null: not said. */
  readonly updatedAt: Date | null;
  /** GitHub says that it is no more: for good, for ids are not given out again. */
  readonly isDeleted: boolean;
}

const COLUMNS = 'installation_id, app_id, account_id, account_login, account_type, repository_selection, permissions, events, suspended_at, github_updated_at, deleted_at';
const IS_OLDER = 'coalesce(EXCLUDED.github_updated_at < i.github_updated_at, false)';
const SAID = ['account_id', 'account_login', 'account_type', 'repository_selection', 'permissions', 'events', 'suspended_at'];

/** Whoever was not sure what came first asks GitHub itself: a sync settles it. */
const ASK_AGAIN = 'sync_requested_at = clock_timestamp()';

const MIRROR = `
INSERT INTO github_installations AS i (id, ${COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, CASE WHEN $12 THEN now() END)
ON CONFLICT (installation_id) DO UPDATE SET ${SAID.map((column) => `${column} = CASE WHEN ${IS_OLDER} THEN i.${column} ELSE EXCLUDED.${column} END`).join(', ')},
       github_updated_at = greatest(EXCLUDED.github_updated_at, i.github_updated_at), deleted_at = coalesce(i.deleted_at, EXCLUDED.deleted_at), ${ASK_AGAIN}
RETURNING i.id`;

/** What an installation's state means for the repositories that it reaches. */
const SETTLE = `
UPDATE repositories r SET status = CASE WHEN i.deleted_at IS NOT NULL THEN 'unavailable' WHEN i.suspended_at IS NOT NULL AND r.status = 'active' THEN 'suspended'
                                        WHEN i.suspended_at IS NULL AND r.status = 'suspended' THEN 'active' ELSE r.status END
  FROM github_installations i WHERE i.id = $1 AND r.installation_id = i.id AND r.disconnected_at IS NULL`;

/** What GitHub tells of installations of our App, written into rows by GitHub's id. For the worker. */
@Injectable()
export class InstallationMirrorStore {
  /** Writes a description unless a newer one is known, and what it means for its repositories. Nobody's installation is kept as nobody's. Returns our id of it. */
  async mirror(tx: Tx, said: ForgeInstallation): Promise<string> {
    const row = await sqlRow<{ id: string }>(tx, MIRROR, [
      newId(), said.installationId, said.appId, said.accountId, storableText(said.accountLogin), said.accountType, said.repositorySelection, JSON.stringify(said.permissions), said.events, said.suspendedAt,
      said.updatedAt, said.isDeleted,
    ]);
    if (!row) throw new Error(`installation ${said.installationId} was not stored`);
    await tx.query(SETTLE, [row.id]);
    return row.id;
  }

  /** The installation reaches these repositories from now on. */
  async offer(tx: Tx, id: string, githubRepoIds: readonly string[]): Promise<void> {
    await tx.query(
      `UPDATE repositories r SET installation_id = i.id, status = CASE WHEN i.suspended_at IS NOT NULL THEN 'suspended' ELSE 'active' END
         FROM github_installations i WHERE i.id = $1 AND i.deleted_at IS NULL AND r.organization_id = i.organization_id AND r.provider = 'github' AND r.github_id = ANY($2::bigint[]) AND r.disconnected_at IS NULL`,
      [id, githubRepoIds],
    );
  }

  /** The installation reaches these repositories no more. */
  async withdraw(tx: Tx, id: string, githubRepoIds: readonly string[]): Promise<void> {
    await tx.query(`UPDATE repositories r SET status = 'unavailable' WHERE r.installation_id = $1 AND r.github_id = ANY($2::bigint[]) AND r.disconnected_at IS NULL`, [id, githubRepoIds]);
  }

  /** The account goes by another name; so do its repositories, their addresses with them. */
  async renameAccount(tx: Tx, accountId: string, login: string): Promise<void> {
    await tx.query(`UPDATE github_installations SET account_login = $2, ${ASK_AGAIN} WHERE account_id = $1`, [accountId, login]);
    await tx.query(
      `UPDATE repositories r SET full_name = $2 || '/' || r.name, url = replace(r.url, '/' || r.full_name, '/' || $2 || '/' || r.name), clone_url = replace(r.clone_url, '/' || r.full_name, '/' || $2 || '/' || r.name)
         FROM github_installations i WHERE i.account_id = $1 AND r.installation_id = i.id AND r.disconnected_at IS NULL AND r.full_name <> $2 || '/' || r.name`,
      [accountId, login],
    );
  }

  /** Asks GitHub again about what an installation reaches. */
  async requestSync(tx: Tx, installationId: string): Promise<void> {
    await tx.query(`UPDATE github_installations SET ${ASK_AGAIN} WHERE installation_id = $1 AND deleted_at IS NULL`, [installationId]);
  }

  /** The same of all installations by which organizations reach a repository. */
  async requestSyncsFor(tx: Tx, githubRepoId: string): Promise<void> {
    await tx.query(`UPDATE github_installations i SET ${ASK_AGAIN} FROM repositories r WHERE r.github_id = $1 AND r.disconnected_at IS NULL AND i.id = r.installation_id AND i.deleted_at IS NULL`, [githubRepoId]);
  }

  /** Connected repositories of an installation, or of GitHub's id of one, that no task can work with now. */
  async closedRepositories(tx: Tx, by: { readonly installation: string } | { readonly githubRepoId: string }): Promise<string[]> {
    const [column, value] = 'installation' in by ? ['installation_id', by.installation] : ['github_id', by.githubRepoId];
    const rows = await sqlRows<{ id: string }>(tx, `SELECT id FROM repositories WHERE ${column} = $1 AND disconnected_at IS NULL AND status IN ('suspended','unavailable') ORDER BY id`, [value]);
    return rows.map(({ id }) => id);
  }
}
