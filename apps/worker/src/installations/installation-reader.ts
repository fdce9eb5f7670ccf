import type { Secret } from '@app/common';
import { GithubApp, GithubInstallations, type GithubRepoFacts, GithubRepos, type InstallationFacts, type OfferedPage } from '@app/github';
import { Injectable } from '@nestjs/common';

/** A repository, and GitHub's id of the installation that covers it. */
export interface CoveredRepo {
  readonly facts: GithubRepoFacts;
  readonly installationId: string;
}

/** What GitHub says about installations and what they offer. */
@Injectable()
export class InstallationReader {
  constructor(
    private readonly app: GithubApp,
    private readonly list: GithubInstallations,
    private readonly repos: GithubRepos,
  ) {}

  installation(installationId: string): Promise<InstallationFacts | null> {
    return this.app.installationById(installationId);
  }

  /** Works with a token that reads names, and ends it. */
  async withToken<T>(installationId: string, work: (token: Secret) => Promise<T>): Promise<T> {
    const { token } = await this.app.tokenForInstallation(installationId);
    try {
      return await work(token);
    } finally {
      // Nobody waits for it: the token reads names only, for an hour at most.
      void this.app.revoke(token).catch(() => undefined);
    }
  }

  offered(token: Secret, page: number): Promise<OfferedPage> {
    return this.list.offered(token, page);
  }

  /** By GitHub's id. Null: the token does not see it, or no installation covers it: everybody sees what is public. */
  async find(token: Secret, githubId: string): Promise<CoveredRepo | null> {
    const facts = await this.repos.getById(token, githubId);
    const covering = facts && (await this.app.installationForRepository(facts.fullName));
    return facts && covering ? { facts, installationId: covering.installationId } : null;
  }
}
