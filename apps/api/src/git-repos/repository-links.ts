import { GithubOauth } from '@app/github';
import { Injectable } from '@nestjs/common';
import type { Principal } from '../auth/principal';
import { GithubLinks } from '../github-account/flow/github-links';
import { RepositoryAccess } from './access/repository-access';

/** What a user's own account at GitHub says when a repository is connected. */
@Injectable()
export class RepositoryLinks {
  constructor(
    private readonly oauth: GithubOauth,
    private readonly links: GithubLinks,
    private readonly access: RepositoryAccess,
  ) {}

  /** Whether users connect their accounts here, so that GitHub can be asked about them. */
  get areOfUsers(): boolean {
    return this.oauth.isConfigured;
  }

  /** Links what the user governs and nobody has. @throws {AppError} github_not_connected, github_error */
  linkSeen({ userId, organizationId }: Principal): Promise<void> {
    return this.links.linkSeen({ userId, organizationId });
  }

  /** @throws {AppError} as `RepositoryAccess.mayConnect` */
  mayConnect(principal: Principal, githubId: string): Promise<boolean> {
    return this.access.mayConnect(principal, githubId);
  }
}
