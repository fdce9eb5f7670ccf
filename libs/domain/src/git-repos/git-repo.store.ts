import { type Page, type PageRequest, toPage } from '@app/common';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { namedRecords, statement } from '../named-sql';
import { sqlRows } from '../sql';
import type { Tx } from '../unit-of-work';
import { GitRepo } from './git-repo.entity';
import type { RepositorySettings } from './repository-settings';

export type NewGitRepo = Pick<
  GitRepo,
  | 'id' | 'organizationId' | 'connectedByUserId' | 'installationId' | 'provider' | 'githubId' | 'nodeId' | 'name' | 'fullName' | 'description'
  | 'isPrivate' | 'isArchived' | 'isFork' | 'defaultBranch' | 'language' | 'url' | 'cloneUrl' | 'sizeKb' | 'lastPushedAt'
>;

export interface GitRepoFilters {
  /** Part of the full name. */
  readonly q?: string;
  readonly provider?: GitRepo['provider'];
  readonly status?: GitRepo['status'];
  readonly language?: string;
}

/** A repository with what its own page shows beside it. */
export interface GitRepoDetails {
  readonly repo: GitRepo;
  readonly openPullRequests: number;
  readonly lastTask: { id: string; status: string; title: string; createdAt: Date } | null;
}

/** What decides who may see a repository. */
export type LevelledGitRepo = Pick<GitRepo, 'id' | 'provider' | 'githubId' | 'isPrivate' | 'status'>;

export type RepositoryForTask = Pick<GitRepo, 'id' | 'status' | 'defaultBranch'>;

const FOR_TASK = statement(`SELECT id, status, default_branch AS "defaultBranch" FROM repositories WHERE organization_id = $1 AND id = $2 AND disconnected_at IS NULL`);

/** The end states of a task, in SQL. */
const ENDED = `('completed','failed','cancelled','timed_out')`;
const LIVE_TASKS = `status NOT IN ${ENDED} AND status NOT IN ('draft')`;

@Injectable()
export class GitRepoStore {
  constructor(private readonly dataSource: DataSource) {}

  /** @throws when it is connected already: unique indexes repositories_org_github_uq, repositories_org_clone_uq. */
  async connect(tx: Tx, repo: NewGitRepo): Promise<GitRepo> {
    await tx.createQueryBuilder().insert().into(GitRepo).values(repo).execute();
    return tx.findOneByOrFail(GitRepo, { id: repo.id, organizationId: repo.organizationId });
  }

  /** A connected repository of the organization. */
  findForOrganization(organizationId: string, id: string): Promise<GitRepo | null> {
    return this.connected(organizationId).andWhere('repo.id = :id', { id }).getOne();
  }

  /** All connected repositories of the organization, without what they are about. */
  levelled(organizationId: string): Promise<LevelledGitRepo[]> {
    return sqlRows<LevelledGitRepo>(this.dataSource.manager, 'SELECT id, provider, github_id, is_private, status FROM repositories WHERE organization_id = $1 AND disconnected_at IS NULL ORDER BY id', [organizationId]);
  }

  /** What a new task asks of a connected repository. */
  async findForTask(organizationId: string, id: string): Promise<RepositoryForTask | null> {
    return (await namedRecords<RepositoryForTask>(this.dataSource.manager, FOR_TASK, [organizationId, id]))[0] ?? null;
  }

  async findDetails(organizationId: string, id: string): Promise<GitRepoDetails | null> {
    const repo = await this.findForOrganization(organizationId, id);
    if (!repo) return null;
    const rows = await this.dataSource.query<{ openPullRequests: number; lastTask: GitRepoDetails['lastTask'] }[]>(
      `SELECT (SELECT count(*)::int FROM pull_requests WHERE repository_id = $1 AND status IN ('open','draft')) AS "openPullRequests",
              (SELECT json_build_object('id', id, 'status', status, 'title', title, 'createdAt', to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
                 FROM tasks WHERE repository_id = $1 AND organization_id = $2 ORDER BY created_at DESC, id DESC LIMIT 1) AS "lastTask"`,
      [id, organizationId],
    );
    const { openPullRequests = 0, lastTask = null } = rows[0] ?? {};
    return { repo, openPullRequests, lastTask: lastTask && { ...lastTask, createdAt: new Date(lastTask.createdAt) } };
  }

  /** Connected repositories, by creation time. */
  async list(organizationId: string, filters: GitRepoFilters, page: PageRequest): Promise<Page<GitRepo>> {
    const query = this.connected(organizationId).addSelect('CAST(repo.createdAt AS text)', 'sort');
    if (filters.q !== undefined) query.andWhere(`strpos(lower(repo.fullName), lower(:q)) > 0`, { q: filters.q });
    if (filters.provider !== undefined) query.andWhere('repo.provider = :provider', { provider: filters.provider });
    if (filters.status !== undefined) query.andWhere('repo.status = :status', { status: filters.status });
    if (filters.language !== undefined) query.andWhere('lower(repo.language) = lower(:language)', { language: filters.language });
    const isDescending = page.order === 'desc';
    if (page.after) query.andWhere(`(repo.createdAt, repo.id) ${isDescending ? '<' : '>'} (CAST(:sort AS timestamptz), CAST(:after AS uuid))`, { sort: page.after.sort, after: page.after.id });
    const direction = isDescending ? 'DESC' : 'ASC';
    const { entities, raw } = await query.orderBy('repo.createdAt', direction).addOrderBy('repo.id', direction).limit(page.limit + 1).getRawAndEntities<{ sort: string }>();
    const rows = entities.map((repo, index) => ({ repo, sort: raw[index]?.sort ?? '' }));
    const shown = toPage(rows, page.limit, (row) => ({ sort: row.sort, id: row.repo.id }));
    return { rows: shown.rows.map((row) => row.repo), next: shown.next };
  }

  /** Merges settings and changes the default branch; null when the row version is no longer the expected one, or nothing is connected. */
  async update(tx: Tx, target: { organizationId: string; id: string; expectedVersion: number | null }, changes: { defaultBranch?: string; settings?: RepositorySettings }): Promise<GitRepo | null> {
    const [, count] = await tx.query<[unknown[], number]>(
      `UPDATE repositories SET default_branch = coalesce($4, default_branch), settings = settings || $5::jsonb
        WHERE id = $1 AND organization_id = $2 AND disconnected_at IS NULL AND ($3::int IS NULL OR row_version = $3)`,
      [target.id, target.organizationId, target.expectedVersion, changes.defaultBranch ?? null, JSON.stringify(changes.settings ?? {})],
    );
    return count === 1 ? tx.findOneByOrFail(GitRepo, { id: target.id, organizationId: target.organizationId }) : null;
  }

  /** Of these ids of GitHub, those that are connected. */
  async connectedGithubIds(organizationId: string, githubIds: readonly string[]): Promise<Set<string>> {
    if (githubIds.length === 0) return new Set();
    const rows = await this.dataSource.query<{ githubId: string }[]>(
      `SELECT github_id::text AS "githubId" FROM repositories WHERE organization_id = $1 AND github_id = ANY($2::bigint[]) AND disconnected_at IS NULL`, [organizationId, githubIds],
    );
    return new Set(rows.map(({ githubId }) => githubId));
  }

  /** Ids of the repository's tasks that have not ended. */
  async liveTaskIds(tx: Tx, organizationId: string, id: string): Promise<string[]> {
    const rows = await tx.query<{ id: string }[]>(`SELECT id FROM tasks WHERE repository_id = $1 AND organization_id = $2 AND ${LIVE_TASKS} ORDER BY id`, [id, organizationId]);
    return rows.map((row) => row.id);
  }

  /** Takes the repository's row, so that no task is created on it meanwhile; false when it is not connected. */
  async lock(tx: Tx, organizationId: string, id: string): Promise<boolean> {
    const rows = await tx.query<unknown[]>(`SELECT 1 FROM repositories WHERE id = $1 AND organization_id = $2 AND disconnected_at IS NULL FOR UPDATE`, [id, organizationId]);
    return rows.length === 1;
  }

  /** Soft: tasks and results keep pointing at it. Its secrets and its credential are wiped. */
  async disconnect(tx: Tx, organizationId: string, id: string): Promise<void> {
    await tx.query(`UPDATE repositories SET status = 'disconnected', disconnected_at = now() WHERE id = $1 AND organization_id = $2 AND disconnected_at IS NULL`, [id, organizationId]);
    await tx.query(`DELETE FROM repository_secrets WHERE repository_id = $1 AND organization_id = $2`, [id, organizationId]);
    await tx.query(`DELETE FROM repository_credentials WHERE repository_id = $1 AND organization_id = $2`, [id, organizationId]);
  }

  private connected(organizationId: string) {
    return this.dataSource.manager.createQueryBuilder(GitRepo, 'repo').where('repo.organizationId = :organizationId AND repo.disconnectedAt IS NULL', { organizationId });
  }
}
