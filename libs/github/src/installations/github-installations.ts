import { AppError, INTEGRATION_NOT_CONFIGURED, type Secret } from '@app/common';
import { Injectable } from '@nestjs/common';
import { GithubApp } from '../github-app';
import { type GithubRepoFacts, type RawRepo, repoFacts } from '../github-repo';
import { githubError } from '../github.errors';

const PER_PAGE = 100;

/** A page of what an installation offers; `isLast`: nothing comes after it. */
export interface OfferedPage {
  readonly repos: readonly GithubRepoFacts[];
  readonly isLast: boolean;
}

/** Installations of the App, as the App sees them. */
@Injectable()
export class GithubInstallations {
  private page: string | null = null;

  constructor(private readonly app: GithubApp) {}

  /** Where somebody installs the App. What comes back from there proves nothing but the state. @throws {AppError} as `GithubApp.tokenForRepository` */
  async installUrl(state: string): Promise<string> {
    this.page ??= await this.app.page();
    if (this.page === null) throw new AppError(INTEGRATION_NOT_CONFIGURED, 'GitHub does not say where its App is installed.');
    return `${this.page}/installations/new?state=${encodeURIComponent(state)}`;
  }

  /** A page, from 1, of the repositories that a token of the whole installation sees. @throws {AppError} github_error, github_rate_limited, integration_not_connected */
  async offered(token: Secret, page: number): Promise<OfferedPage> {
    try {
      const { data } = await this.app.octokitFor(token, 'installations').request('GET /installation/repositories', { per_page: PER_PAGE, page });
      return { repos: data.repositories.map((raw) => repoFacts(raw as RawRepo)), isLast: data.repositories.length < PER_PAGE };
    } catch (error) {
      throw githubError(error, 'list repositories of an installation');
    }
  }
}
