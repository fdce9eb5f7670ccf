import type { Secret } from '@app/common';
import { GithubInstallationStore, OrganizationMemberStore, recordAudit, UnitOfWork } from '@app/domain';
import { GithubPeople, type InstallationFacts } from '@app/github';
import { JobProducer } from '@app/messaging';
import { Injectable } from '@nestjs/common';
import { hasRole } from '../../auth/principal';
import { GithubUserTokens } from '../tokens/github-user-tokens';

/** Pages of an installation's repositories in which we look for one that the person administers. */
const MOST_PAGES = 3;
const MOST_AT_ONCE = 50;

/** Who links, for which organization. */
export interface Linker {
  readonly userId: string;
  readonly organizationId: string;
}

/** Installations and the organizations they belong to. GitHub shows an installation to everybody who may read one of its repositories: that is not enough to take it. */
@Injectable()
export class GithubLinks {
  constructor(
    private readonly people: GithubPeople,
    private readonly installations: GithubInstallationStore,
    private readonly members: OrganizationMemberStore,
    private readonly unitOfWork: UnitOfWork,
    private readonly jobs: JobProducer,
    private readonly tokens: GithubUserTokens,
  ) {}

  /** Links with the token of who links. @throws {AppError} github_not_connected, github_error */
  async linkSeen(linker: Linker): Promise<void> {
    await this.tokens.use(linker.userId, (token) => this.linkAll(linker, token));
  }

  /** Links what the person sees, governs, and nobody has yet; returns all that they see. Members who are no admins link nothing. */
  async linkAll(linker: Linker, token: Secret): Promise<InstallationFacts[]> {
    const seen = await this.people.installations(token);
    const role = await this.members.roleOf(this.unitOfWork.reader, linker);
    if (role === null || !hasRole(role, 'admin')) return seen;
    const owners = await this.installations.ownersOf(seen.map(({ installationId }) => installationId));
    const free = seen.filter(({ installationId }) => !owners.has(installationId)).slice(0, MOST_AT_ONCE);
    const { id } = free.length > 0 ? await this.people.self(token) : { id: '' };
    for (const installation of free) if (await this.governs(token, id, installation)) await this.link(linker, installation);
    return seen;
  }

  /** GitHub says that an installation was made: true when it is the organization's now, or was before. Whoever names one that they do not govern gets nothing. */
  async linkOne(linker: Linker, token: Secret, installationId: string): Promise<boolean> {
    const seen = await this.linkAll(linker, token);
    if (!seen.some((installation) => installation.installationId === installationId)) return false;
    return (await this.installations.ownersOf([installationId])).get(installationId) === linker.organizationId;
  }

  /** Their own account, or one whose repository they administer: who may install an App there. */
  private async governs(token: Secret, githubUserId: string, { installationId, accountId, isSuspended }: InstallationFacts): Promise<boolean> {
    if (accountId === githubUserId) return true;
    if (isSuspended) return false;
    for (let page = 1; page <= MOST_PAGES; page += 1) {
      const offered = await this.people.repositories(token, installationId, page);
      if (offered?.repos.some(({ permission }) => permission === 'admin')) return true;
      if (!offered || offered.isLast) return false;
    }
    return false;
  }

  private async link({ organizationId }: Linker, facts: InstallationFacts): Promise<void> {
    const { installationId, appId, accountId, accountLogin, accountType, repositorySelection, permissions, events, isSuspended } = facts;
    const known = { installationId, appId, accountId, accountLogin, accountType, repositorySelection, permissions: { ...permissions }, events, isSuspended };
    const linked = await this.unitOfWork.run(async (tx) => {
      const installation = await this.installations.link(tx, organizationId, known);
      if (installation.organizationId === organizationId) await recordAudit(tx, { organizationId, action: 'github_installation.linked', targetType: 'github_installation', targetId: installation.id, changes: { accountLogin } });
      return installation;
    });
    if (linked.organizationId === organizationId) void this.jobs.enqueue('installation-sync', { installationRowId: linked.id });
  }
}
