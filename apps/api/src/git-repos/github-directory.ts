import { AppConfig, AppError, INTEGRATION_NOT_CONFIGURED } from '@app/common';
import type { NewGitRepo } from '@app/domain';
import { Injectable } from '@nestjs/common';

/** What a repository's row takes from GitHub. */
export type GithubRepoFacts = Omit<NewGitRepo, 'id' | 'organizationId' | 'connectedByUserId'>;

/** Repositories that the organization's GitHub installations offer. */
@Injectable()
export class GithubDirectory {
  constructor(private readonly config: AppConfig) {}

  /** @throws {AppError} integration_not_configured, integration_not_connected */
  find(organizationId: string, wanted: { githubId?: string; fullName?: string }): Promise<GithubRepoFacts> {
    const { GITHUB_APP_ID } = this.config.github;
    return Promise.reject(new AppError(INTEGRATION_NOT_CONFIGURED, `GitHub is not configured here (${String(GITHUB_APP_ID)} ${organizationId} ${wanted.fullName ?? wanted.githubId ?? ''}).`));
  }
}
