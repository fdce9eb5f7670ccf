import { type GithubAccessLevel, UnitOfWork, UserRepositoryAccessStore, type VerifiedAccess } from '@app/domain';
import { type CollaboratorPermission, GithubPeople, type PersonsRepo, reaches } from '@app/github';
import { Injectable } from '@nestjs/common';
import { GithubUserTokens } from '../../github-account/tokens/github-user-tokens';

/** A repository of GitHub's, by our id and by theirs. */
export interface AskedRepo {
  readonly id: string;
  readonly githubId: string;
}

/** What GitHub says a user may do, asked with their own token and kept for ten minutes. */
@Injectable()
export class GithubLevels {
  private readonly asking = new Map<string, Promise<GithubAccessLevel>>();

  constructor(
    private readonly access: UserRepositoryAccessStore,
    private readonly tokens: GithubUserTokens,
    private readonly people: GithubPeople,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** @throws {AppError} github_not_connected, github_error, github_rate_limited, github_permission_missing */
  async level(userId: string, repo: AskedRepo): Promise<GithubAccessLevel> {
    return this.once(`${userId} ${repo.id}`, async () => {
      const known = await this.access.find(userId, repo.id);
      return known?.isFresh ? known.level : this.verify(userId, repo);
    });
  }

  /** Last known levels, old ones too. */
  shown(userId: string, repositoryIds: readonly string[]): Promise<Map<string, GithubAccessLevel>> {
    return this.access.levelsOf(userId, repositoryIds);
  }

  /** What GitHub says of a repository that is not connected; null: the user, or the App, does not see it. @throws as `level` */
  ask(userId: string, githubId: string): Promise<PersonsRepo | null> {
    return this.tokens.use(userId, (token) => this.people.repository(token, githubId));
  }

  /** Requests that come together look and ask once: who looked before an answer was kept would ask again after it. */
  private once(key: string, find: () => Promise<GithubAccessLevel>): Promise<GithubAccessLevel> {
    const running = this.asking.get(key);
    if (running) return running;
    const asked = find().finally(() => this.asking.delete(key));
    this.asking.set(key, asked);
    return asked;
  }

  private async verify(userId: string, { id, githubId }: AskedRepo): Promise<GithubAccessLevel> {
    const verified = accessOf((await this.ask(userId, githubId))?.permission ?? 'none');
    await this.unitOfWork.run((tx) => this.access.save(tx, userId, id, verified));
    return verified.level;
  }
}

function accessOf(permission: CollaboratorPermission): VerifiedAccess {
  return { level: levelOfPermission(permission), githubRole: permission === 'none' ? null : permission, isCollaborator: reaches(permission, 'triage') };
}

/** GitHub's five roles are three levels here. */
export function levelOfPermission(permission: CollaboratorPermission): GithubAccessLevel {
  if (permission === 'admin') return 'admin';
  if (reaches(permission, 'write')) return 'write';
  return reaches(permission, 'read') ? 'read' : 'none';
}
