import { AppError, notFound } from '@app/common';
import { type GitRepo, GitRepoStore, REPOSITORY_WRITE_DENIED } from '@app/domain';
import { Injectable } from '@nestjs/common';
import type { Principal } from '../../auth/principal';
import { type AccessLevel, levelOfRole, reachesLevel, type RepositoryLevel } from './access-level';

/** The repository level of a route: what its caller may do in the repository that it names. */
@Injectable()
export class RepositoryAccess {
  constructor(private readonly repos: GitRepoStore) {}

  /** The connected repository, when the caller has the level there. @throws {AppError} not_found, repository_write_denied, github_not_connected, and GitHub's own */
  async require(principal: Principal, repositoryId: string, needed: AccessLevel): Promise<GitRepo> {
    const repo = await this.repos.findForOrganization(principal.organizationId, repositoryId);
    if (!repo) throw notFound();
    await this.requireLevel(principal, repo, needed);
    return repo;
  }

  /** The same for a repository that was read already. @throws {AppError} as `require` */
  async requireLevel(principal: Principal, repo: GitRepo, needed: AccessLevel): Promise<void> {
    const level = await this.levelOf(principal, repo);
    if (reachesLevel(level, needed)) return;
    if (level === 'none') throw notFound();
    throw new AppError(REPOSITORY_WRITE_DENIED, `This needs the level ${needed} in the repository; yours is ${level}.`, { members: { needed, level } });
  }

  /** What the caller may do there. */
  levelOf(principal: Principal, _repo: GitRepo): Promise<RepositoryLevel> {
    return Promise.resolve(levelOfRole(principal.role));
  }
}
