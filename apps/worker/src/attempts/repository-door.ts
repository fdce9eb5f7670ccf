import { Logger, type Secret } from '@app/common';
import { GithubApp } from '@app/github';
import { Injectable } from '@nestjs/common';
import type { RepositoryRef } from '../workspace/workspace-request';
import { AttemptFailure } from './attempt-failure';
import type { Briefing } from './briefing';
import { RepositoryVault } from './repository-vault';

/** A repository that an attempt may read. */
export interface OpenRepository {
  readonly ref: RepositoryRef;
  /** Ends the access. Never throws. */
  close(): Promise<void>;
}

/** Lets one attempt into one repository, to read. */
@Injectable()
export class RepositoryDoor {
  constructor(
    private readonly github: GithubApp,
    private readonly vault: RepositoryVault,
    private readonly logger: Logger,
  ) {}

  /** With a token for this one repository, asked for anew: the last worker's may have expired. @throws {AttemptFailure} integration_not_connected; {AppError} */
  async open({ repo, installation }: Briefing): Promise<OpenRepository> {
    const at = { id: repo.id, organizationId: repo.organizationId, cloneUrl: repo.cloneUrl };
    if (repo.provider === 'git') return { ref: { ...at, credentials: await this.vault.gitCredentials(repo) }, close: () => Promise.resolve() };
    if (!installation || repo.githubId === null) throw new AttemptFailure('integration_not_connected', 'The GitHub App has no access to this repository. Install it there, then retry.');
    const { token } = await this.github.tokenForRepository({ installationId: installation.installationId, githubRepoId: repo.githubId, permissions: { contents: 'read' } });
    return { ref: { ...at, credentials: token }, close: () => this.revoke(token) };
  }

  /** What the repository's set-up command finds. @throws {AppError} repository_secret_unreadable */
  setUpSecrets({ repo }: Briefing): Promise<Map<string, Secret>> {
    return this.vault.setUpSecrets(repo);
  }

  private revoke(token: Secret): Promise<void> {
    return this.github.revoke(token).catch((error: unknown) => this.logger.warn('a GitHub token could not be revoked; it dies within the hour', { err: error }));
  }
}
