import { AppError, notFound } from '@app/common';
import { type GitRepo, GitRepoStore, type LevelledGitRepo, REPOSITORY_WRITE_DENIED, type TaskMode } from '@app/domain';
import { GithubOauth } from '@app/github';
import { Injectable } from '@nestjs/common';
import type { Principal } from '../../auth/principal';
import { GITHUB_NOT_CONNECTED } from '../../github-account/github-account.errors';
import { type AccessLevel, lesserLevel, levelForTask, levelOfRole, reachesLevel, type RepositoryLevel } from './access-level';
import { GithubLevels } from './github-levels';

/** What decides about the level in a repository. */
export type LevelledRepo = LevelledGitRepo;

/** Repositories that one list asks GitHub about; of the others the last answer counts. */
const MOST_ASKED = 50;

/**
 * The repository level of a route: what its caller may do in the repository that it names. Never more than the role in the organization allows;
 * in a repository of GitHub's never more than GitHub allows the caller's own account. GitHub cannot be asked about anybody where the deployment
 * has no OAuth client: there the App's installation vouches for the organization, and the role alone decides. So it does for plain git repositories.
 */
@Injectable()
export class RepositoryAccess {
  constructor(
    private readonly repos: GitRepoStore,
    private readonly github: GithubLevels,
    private readonly oauth: GithubOauth,
  ) {}

  /** The connected repository, when the caller has the level there. @throws {AppError} not_found, repository_write_denied, github_not_connected, and GitHub's own */
  async require(principal: Principal, repositoryId: string, needed: AccessLevel): Promise<GitRepo> {
    const repo = await this.repos.findForOrganization(principal.organizationId, repositoryId);
    if (!repo) throw notFound();
    await this.requireLevel(principal, repo, needed);
    return repo;
  }

  /** For a task: its caller must be able to read what it works on, and to write where the work is published. What cannot be worked on at all the submission refuses. @throws {AppError} as `require` */
  async requireForTask(principal: Principal, repositoryId: string, mode: TaskMode): Promise<void> {
    if (!this.oauth.isConfigured) return;
    const repo = await this.repos.findForOrganization(principal.organizationId, repositoryId);
    if (repo?.status === 'active') await this.requireLevel(principal, repo, levelForTask(mode));
  }

  /** The same for a repository that was read already. @throws {AppError} as `require` */
  async requireLevel(principal: Principal, repo: LevelledRepo, needed: AccessLevel): Promise<void> {
    const level = await this.levelOf(principal, repo).catch((error: unknown) => this.withoutAccount(error, repo, needed));
    if (reachesLevel(level, needed)) return;
    if (level === 'none') throw notFound();
    throw writeDenied(needed, level);
  }

  /** What the caller may do there. @throws {AppError} github_not_connected, and GitHub's own */
  async levelOf({ userId, role }: Principal, repo: LevelledRepo): Promise<RepositoryLevel> {
    const ofRole = levelOfRole(role);
    if (!this.isGithubs(repo)) return ofRole;
    // The App does not see it now, so nobody does through it: what we keep of it may be read, and nothing done.
    if (repo.status !== 'active') return lesserLevel(ofRole, 'read');
    return lesserLevel<RepositoryLevel>(ofRole, await this.github.level(userId, { id: repo.id, githubId: repo.githubId }));
  }

  /** Levels as lists show them: last known, null where GitHub was not asked yet. */
  async shown({ userId, role }: Principal, repos: readonly LevelledRepo[]): Promise<Map<string, RepositoryLevel | null>> {
    const known = await this.github.shown(userId, repos.filter((repo) => this.isGithubs(repo)).map(({ id }) => id));
    const ofRole = levelOfRole(role);
    const levelOf = (repo: LevelledRepo): RepositoryLevel | null => {
      const level = this.isGithubs(repo) ? (known.get(repo.id) ?? null) : ofRole;
      return level && lesserLevel<RepositoryLevel>(ofRole, level);
    };
    return new Map(repos.map((repo) => [repo.id, levelOf(repo)]));
  }

  /** Repositories whose contents the caller may see in a list; null: all of the organization's. What GitHub does not tell now is left out, for a list that fails shows less. */
  async readable(principal: Principal): Promise<string[] | null> {
    if (!this.oauth.isConfigured) return null;
    const repos = await this.repos.levelled(principal.organizationId);
    const asked = repos.filter((repo) => this.isGithubs(repo) && repo.isPrivate && repo.status === 'active');
    const known = await this.shown(principal, asked.slice(MOST_ASKED));
    const levels = await Promise.all(asked.slice(0, MOST_ASKED).map(async (repo) => [repo.id, await this.levelOf(principal, repo).catch(refusedLevel)] as const));
    const hidden = new Set([...known, ...levels].filter(([, level]) => !reachesLevel(level ?? 'none', 'read')).map(([id]) => id));
    return repos.filter(({ id }) => !hidden.has(id)).map(({ id }) => id);
  }

  /** Whether the caller may connect a repository of GitHub's: they must be able to write there. False: it is not there for them. @throws {AppError} repository_write_denied, github_not_connected, and GitHub's own */
  async mayConnect({ userId }: Principal, githubId: string): Promise<boolean> {
    if (!this.oauth.isConfigured) return true;
    const seen = await this.github.ask(userId, githubId);
    if (!seen || seen.permission === 'none') return false;
    if (seen.permission === 'read' || seen.permission === 'triage') throw writeDenied('write', 'read');
    return true;
  }

  /** What is public may be read by anybody, also without an account. */
  private withoutAccount(error: unknown, repo: LevelledRepo, needed: AccessLevel): RepositoryLevel {
    if (error instanceof AppError && error.kind === GITHUB_NOT_CONNECTED && !repo.isPrivate && needed === 'read') return 'read';
    throw error;
  }

  /** Whether GitHub is asked about it. */
  private isGithubs(repo: LevelledRepo): repo is LevelledRepo & { githubId: string } {
    return repo.provider === 'github' && repo.githubId !== null && this.oauth.isConfigured;
  }
}

/** Of one that cannot be asked about. @throws whatever is not ours to explain */
function refusedLevel(error: unknown): RepositoryLevel {
  if (error instanceof AppError) return 'none';
  throw error;
}

function writeDenied(needed: AccessLevel, level: RepositoryLevel): AppError {
  return new AppError(REPOSITORY_WRITE_DENIED, `This needs the level ${needed} in the repository; yours is ${level}.`, { members: { needed, level } });
}
