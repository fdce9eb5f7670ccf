import { Entitlements } from '@app/billing';
import { AppConfig, AppError, FORBIDDEN, newId, notFound } from '@app/common';
import { type GitRepo, GitRepoStore, type NewGitRepo, recordAudit, repositorySettings, UnitOfWork } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { hasRole } from '../auth/principal';
import type { Principal } from '../auth/principal';
import { versionConflict } from '../http/etag';
import { readCloneUrl } from './clone-url';
import type { ConnectRepositoryDto } from './dto/connect-repository.dto';
import type { UpdateRepositoryDto } from './dto/update-repository.dto';
import { GithubDirectory } from './github-directory';

/** Connecting repositories and their settings. */
@Injectable()
export class RepositoriesService {
  constructor(
    private readonly repos: GitRepoStore,
    private readonly github: GithubDirectory,
    private readonly entitlements: Entitlements,
    private readonly unitOfWork: UnitOfWork,
    private readonly config: AppConfig,
  ) {}

  /** @throws {AppError} invalid_clone_url, integration_not_connected, plan_limit_repositories; repository_already_connected comes from the database */
  async connect(principal: Principal, dto: ConnectRepositoryDto): Promise<GitRepo> {
    const found = dto.provider === 'git' ? await this.plainRepo(dto) : await this.github.find(principal, dto);
    const repo: NewGitRepo = { ...found, id: newId(), organizationId: principal.organizationId, connectedByUserId: principal.userId };
    return this.unitOfWork.run(async (tx) => {
      await this.entitlements.assertRepositoryMore(tx, principal.organizationId);
      const connected = await this.repos.connect(tx, repo);
      const { provider, fullName, cloneUrl } = repo;
      await recordAudit(tx, { organizationId: principal.organizationId, action: 'repository.connected', targetType: 'repository', targetId: repo.id, changes: { provider, fullName, cloneUrl } });
      return connected;
    });
  }

  /** @throws {AppError} forbidden, version_conflict, not_found */
  async update(principal: Principal, id: string, dto: UpdateRepositoryDto, expectedVersion: number | null): Promise<void> {
    const { organizationId } = principal;
    if (dto.settings && !hasRole(principal.role, 'admin')) await this.requireSameRules(principal, id, dto.settings);
    const changes = { defaultBranch: dto.defaultBranch, settings: dto.settings && { ...dto.settings } };
    const changed = await this.unitOfWork.run(async (tx) => {
      const repo = await this.repos.update(tx, { organizationId, id, expectedVersion }, changes);
      // Of the settings their names: a command or an advice may hold what only its readers should know.
      const told = { defaultBranch: dto.defaultBranch, settings: Object.keys(changes.settings ?? {}) };
      if (repo) await recordAudit(tx, { organizationId, action: 'repository.updated', targetType: 'repository', targetId: id, changes: told });
      return repo;
    });
    if (changed) return;
    throw (await this.repos.findForOrganization(principal.organizationId, id)) ? versionConflict() : notFound();
  }

  /** What is reached, and what waits for approval, is an admin's to say; others may send back what they were shown. @throws {AppError} forbidden, not_found */
  private async requireSameRules({ organizationId }: Principal, id: string, { agentNetwork, allowedHosts, protectedPaths }: NonNullable<UpdateRepositoryDto['settings']>): Promise<void> {
    if (agentNetwork === undefined && allowedHosts === undefined && protectedPaths === undefined) return;
    const repo = await this.repos.findForOrganization(organizationId, id);
    if (!repo) throw notFound();
    const now = repositorySettings(repo.settings);
    const isSame = (agentNetwork ?? now.agentNetwork) === now.agentNetwork && (allowedHosts ?? now.allowedHosts).join() === now.allowedHosts.join();
    if (!isSame) throw new AppError(FORBIDDEN, 'Only an admin may change which hosts are reached: allowedHosts and agentNetwork.');
    if ((protectedPaths ?? now.protectedPaths) !== now.protectedPaths) throw new AppError(FORBIDDEN, 'Only an admin may change which files wait for approval: protectedPaths.');
  }

  /** Whoever connected it may take it away again; admins may take away any. @throws {AppError} forbidden, not_found */
  async requireMayDisconnect(principal: Principal, id: string): Promise<GitRepo> {
    const repo = await this.repos.findForOrganization(principal.organizationId, id);
    if (!repo) throw notFound();
    const isTheirs = repo.connectedByUserId === principal.userId && hasRole(principal.role, 'member');
    if (!isTheirs && !hasRole(principal.role, 'admin')) throw new AppError(FORBIDDEN, 'Only who connected the repository, or an admin, may disconnect it.');
    return repo;
  }

  private async plainRepo(dto: ConnectRepositoryDto): Promise<Omit<NewGitRepo, 'id' | 'organizationId' | 'connectedByUserId'>> {
    const address = await readCloneUrl(dto.cloneUrl ?? '', this.config.github.ALLOW_LOCAL_REPOSITORIES);
    return {
      installationId: null, provider: 'git', githubId: null, nodeId: null, name: dto.name ?? address.name, fullName: address.fullName, description: null,
      // Nobody told us that it is public.
      isPrivate: true,
      isArchived: false, isFork: false, defaultBranch: dto.defaultBranch ?? 'main', language: null, url: address.cloneUrl, cloneUrl: address.cloneUrl, sizeKb: null, lastPushedAt: null,
    };
  }
}
