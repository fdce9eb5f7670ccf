import { AppError, INTEGRATION_NOT_CONFIGURED, type Secret } from '@app/common';
import { GithubApp, GithubInstallations, GithubOauth, GithubPeople, type GithubRepoFacts } from '@app/github';
import { Injectable } from '@nestjs/common';
import { GithubUserTokens } from '../github-account/tokens/github-user-tokens';

/** Reads a page, from 1, of what an installation offers; null: nothing, to this reader. */
export type Reader = (installationId: string, page: number) => Promise<OfferedRepos | null>;

export interface OfferedRepos {
  readonly repos: readonly GithubRepoFacts[];
  readonly isLast: boolean;
}

/** With whose eyes an installation is read: the user's own, or, where users cannot connect accounts, the App's. */
@Injectable()
export class OfferReader {
  constructor(
    private readonly app: GithubApp,
    private readonly oauth: GithubOauth,
    private readonly people: GithubPeople,
    private readonly list: GithubInstallations,
    private readonly tokens: GithubUserTokens,
  ) {}

  /** @throws {AppError} github_not_connected, integration_not_configured */
  async reading<T>(userId: string, work: (read: Reader) => Promise<T>): Promise<T> {
    if (!this.app.isConfigured) throw new AppError(INTEGRATION_NOT_CONFIGURED, 'GitHub is not configured here; connect any git repository with provider "git" and cloneUrl.');
    if (!this.oauth.isConfigured) return this.asApp(work);
    return this.tokens.use(userId, (token) => work(async (installationId, page) => {
      const offered = await this.people.repositories(token, installationId, page);
      return offered && { repos: offered.repos.map(({ repo }) => repo), isLast: offered.isLast };
    }));
  }

  private async asApp<T>(work: (read: Reader) => Promise<T>): Promise<T> {
    const made = new Map<string, Secret>();
    const tokenFor = async (installationId: string): Promise<Secret> => made.get(installationId) ?? (await this.app.tokenForInstallation(installationId)).token;
    try {
      return await work(async (installationId, page) => {
        const token = await tokenFor(installationId);
        made.set(installationId, token);
        return this.list.offered(token, page);
      });
    } finally {
      for (const token of made.values()) void this.app.revoke(token).catch(() => undefined);
    }
  }
}
