import { AppConfig, AppError, GITHUB_PERMISSION_MISSING, INTEGRATION_NOT_CONFIGURED, INTEGRATION_NOT_CONNECTED } from '@app/common';
import { type GithubInstallation, GithubInstallationStore, type NewGitRepo, recordAudit, UnitOfWork } from '@app/domain';
import { GithubApp, type GithubRepoFacts, GithubRepos, type InstallationFacts } from '@app/github';
import { Injectable } from '@nestjs/common';
import type { Principal } from '../auth/principal';
import { RepositoryLinks } from './repository-links';

/** How a caller names a repository of GitHub. */
export interface WantedRepo {
  readonly githubId?: string;
  readonly fullName?: string;
}

export type FoundRepo = Omit<NewGitRepo, 'id' | 'organizationId' | 'connectedByUserId'>;

/** Repositories that the organization's GitHub installations offer. */
@Injectable()
export class GithubDirectory {
  constructor(
    private readonly config: AppConfig,
    private readonly app: GithubApp,
    private readonly repos: GithubRepos,
    private readonly installations: GithubInstallationStore,
    private readonly unitOfWork: UnitOfWork,
    private readonly links: RepositoryLinks,
  ) {}

  /** @throws {AppError} integration_not_configured, integration_not_connected, github_permission_missing, github_error */
  async find(principal: Principal, wanted: WantedRepo): Promise<FoundRepo> {
    const { organizationId } = principal;
    if (!this.app.isConfigured) throw new AppError(INTEGRATION_NOT_CONFIGURED, 'GitHub is not configured here; connect any git repository with provider "git" and cloneUrl.');
    const owned = await this.owned(organizationId);
    const found = (await this.findIn(owned, wanted)) ?? (await this.findIn(await this.linkMore(principal, wanted, owned), wanted));
    if (!found || !(await this.links.mayConnect(principal, found.githubId ?? ''))) throw notConnected();
    return found;
  }

  private async findIn(installations: readonly GithubInstallation[], wanted: WantedRepo): Promise<FoundRepo | null> {
    for (const installation of installations) {
      const facts = await this.look(installation.installationId, wanted);
      if (facts) return toRepo(facts, installation);
    }
    return null;
  }

  /** Installations that became the organization's just now. */
  private async linkMore(principal: Principal, wanted: WantedRepo, owned: readonly GithubInstallation[]): Promise<GithubInstallation[]> {
    if (!this.links.areOfUsers) {
      const linked = await this.linkByLookup(principal.organizationId, wanted);
      return linked ? [linked] : [];
    }
    await this.links.linkSeen(principal);
    const known = new Set(owned.map(({ id }) => id));
    return (await this.owned(principal.organizationId)).filter(({ id }) => !known.has(id));
  }

  /** Looks with the installation's own rights: a public repository that it does not offer is not found. */
  private async look(installationId: string, wanted: WantedRepo): Promise<GithubRepoFacts | null> {
    const { token } = await this.app.tokenForInstallation(installationId);
    try {
      const facts = wanted.githubId !== undefined ? await this.repos.getById(token, wanted.githubId) : await this.repos.getByFullName(token, wanted.fullName ?? '');
      return facts && (await this.isOffered(installationId, facts)) ? facts : null;
    } finally {
      // Nobody waits for it: GitHub wants a second between writes, and the token reads names only, for an hour at most.
      void this.app.revoke(token).catch(() => undefined);
    }
  }

  /** The token reads every public repository of the world; only GitHub's own answer tells whether this installation covers one. */
  private async isOffered(installationId: string, facts: GithubRepoFacts): Promise<boolean> {
    const covering = await this.app.installationForRepository(facts.fullName);
    return covering?.installationId === installationId;
  }

  private async owned(organizationId: string): Promise<GithubInstallation[]> {
    return (await this.installations.listForOrganization(organizationId)).filter((installation) => installation.suspendedAt === null);
  }

  /**
   * Outside production, where users cannot connect their accounts, the App's own lookup links an installation that belongs to nobody yet to the
   * organization that first names one of its repositories: enough for a laptop. Elsewhere only a user who governs the installation links it.
   */
  private async linkByLookup(organizationId: string, { fullName }: WantedRepo): Promise<GithubInstallation | null> {
    if (this.config.core.isProduction || fullName === undefined) return null;
    const facts = await this.app.installationForRepository(fullName);
    if (!facts || facts.isSuspended) return null;
    const linked = await this.unitOfWork.run(async (tx) => {
      const installation = await this.installations.link(tx, organizationId, known(facts));
      const { id, accountLogin } = installation;
      if (installation.organizationId === organizationId) await recordAudit(tx, { organizationId, action: 'github_installation.linked', targetType: 'github_installation', targetId: id, changes: { accountLogin } });
      return installation;
    });
    return linked.organizationId === organizationId ? linked : null;
  }
}

function known(facts: InstallationFacts) {
  const { installationId, appId, accountId, accountLogin, accountType, repositorySelection, permissions, events } = facts;
  return { installationId, appId, accountId, accountLogin, accountType, repositorySelection, permissions: { ...permissions }, events };
}

function toRepo(facts: GithubRepoFacts, installation: GithubInstallation): FoundRepo {
  if (installation.permissions['contents'] === undefined) throw new AppError(GITHUB_PERMISSION_MISSING, 'The GitHub App lacks the permission "contents" in this installation.');
  const { id, nodeId, name, fullName, description, archived, fork, defaultBranch, language, htmlUrl, cloneUrl, sizeKb, pushedAt } = facts;
  return {
    installationId: installation.id, provider: 'github', githubId: id, nodeId, name, fullName, description, isPrivate: facts.private, isArchived: archived, isFork: fork,
    defaultBranch, language, url: htmlUrl, cloneUrl, sizeKb: BigInt(sizeKb), lastPushedAt: pushedAt,
  };
}

function notConnected(): AppError {
  return new AppError(INTEGRATION_NOT_CONNECTED, 'No GitHub installation of your organization offers this repository. Install the GitHub App there, or give the installation access to it.');
}
