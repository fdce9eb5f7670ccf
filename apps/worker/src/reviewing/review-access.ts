import { AppError, Logger } from '@app/common';
import { GithubApp, type GithubRepoAccess, type TokenPermissions } from '@app/github';
import { Injectable } from '@nestjs/common';
import type { Briefing } from '../attempts/briefing';

const READ = { pull_requests: 'read', checks: 'read', statuses: 'read' } as const;
const WRITE = { pull_requests: 'write', issues: 'write', checks: 'write', statuses: 'read' } as const;
/** GitHub settles a thread only for who may write contents. Nothing is written with it. */
const SETTLE = { pull_requests: 'write', contents: 'write' } as const;

/** Whose repository at the forge it is about. */
export type ReviewedRepository = Pick<Briefing, 'repo' | 'installation'>;

/** Tokens for the one repository of a review, each with the rights of one purpose, and revoked when that is done. */
@Injectable()
export class ReviewAccess {
  private readonly logger: Logger;

  constructor(
    private readonly github: GithubApp,
    logger: Logger,
  ) {
    this.logger = logger.named('review');
  }

  reading<T>(of: ReviewedRepository, work: (access: GithubRepoAccess) => Promise<T>): Promise<T> {
    return this.with(of, READ, work);
  }

  writing<T>(of: ReviewedRepository, work: (access: GithubRepoAccess) => Promise<T>): Promise<T> {
    return this.with(of, WRITE, work);
  }

  settling<T>(of: ReviewedRepository, work: (access: GithubRepoAccess) => Promise<T>): Promise<T> {
    return this.with(of, SETTLE, work);
  }

  /** A token may expire or be revoked at any moment: the work is then done once more with a new one, for each of its steps looks before it does. */
  private async with<T>(of: ReviewedRepository, wanted: TokenPermissions, work: (access: GithubRepoAccess) => Promise<T>): Promise<T> {
    try {
      return await this.once(of, wanted, work);
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'integration_not_connected') throw error;
      return this.once(of, wanted, work);
    }
  }

  private async once<T>({ repo, installation }: ReviewedRepository, wanted: TokenPermissions, work: (access: GithubRepoAccess) => Promise<T>): Promise<T> {
    if (installation === null || repo.githubId === null) throw new Error('a repository without an App has no reviews at a forge');
    const permissions = granted(wanted, installation.permissions);
    const { token, fullName } = await this.github.tokenForRepository({ installationId: installation.installationId, githubRepoId: repo.githubId, permissions });
    try {
      return await work({ token, fullName: fullName ?? repo.fullName });
    } finally {
      await this.github.revoke(token).catch((error: unknown) => this.logger.warn('a GitHub token could not be revoked; it dies within the hour', { err: error }));
    }
  }
}

/** Only what the installation was given: a token that asks for more is refused as a whole. What is not known to be missing is asked for. */
function granted(wanted: TokenPermissions, given: Readonly<Record<string, unknown>>): TokenPermissions {
  if (Object.keys(given).length === 0) return wanted;
  const allowed = Object.entries(wanted).flatMap(([name, level]) => {
    const has = given[name];
    if (has === undefined) return [];
    return [[name, level === 'write' && has === 'read' ? 'read' : level] as const];
  });
  return Object.fromEntries(allowed);
}

/** Whether an error is one of GitHub's that a review can do without what was asked for. */
export function isMissingRight(error: unknown): boolean {
  return error instanceof AppError && error.code === 'github_permission_missing';
}
