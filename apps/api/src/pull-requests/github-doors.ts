import { AppError, GITHUB_PERMISSION_MISSING, INTEGRATION_NOT_CONNECTED, type Secret } from '@app/common';
import { type GithubInstallation, GithubInstallationStore, type GitRepo } from '@app/domain';
import { GithubApp, type GithubRepoAccess, type TokenPermissions } from '@app/github';
import { Injectable } from '@nestjs/common';

const READING: TokenPermissions = { metadata: 'read', contents: 'read', pull_requests: 'read', issues: 'read', checks: 'read', statuses: 'read' };
/** Reading tokens are kept for a while, so that answers may be asked for by their tag: GitHub ties a tag to the token. */
const KEPT_MS = 600_000;
const MOST_KEPT = 200;

interface KeptDoor {
  readonly access: GithubRepoAccess;
  readonly until: number;
}

/** Lets a request into one repository at GitHub, with a token for that repository alone. */
@Injectable()
export class GithubDoors {
  private readonly kept = new Map<string, KeptDoor>();

  constructor(
    private readonly app: GithubApp,
    private readonly installations: GithubInstallationStore,
  ) {}

  /** Reads with what the installation grants. @throws {AppError} integration_not_connected, integration_not_configured, github_rate_limited, github_error */
  async read<T>(repo: GitRepo, work: (access: GithubRepoAccess) => Promise<T>): Promise<T> {
    const known = this.kept.get(repo.id);
    if (!known || known.until < Date.now()) return work(await this.openToRead(repo));
    try {
      return await work(known.access);
    } catch (error) {
      // The token may have been ended, or the repository renamed.
      if (!(error instanceof AppError) || error.kind !== INTEGRATION_NOT_CONNECTED) throw error;
      this.forget(repo.id);
      return work(await this.openToRead(repo));
    }
  }

  /** Writes with these rights, which end with the work. @throws {AppError} as `read`, and github_permission_missing */
  async write<T>(repo: GitRepo, permissions: TokenPermissions, work: (access: GithubRepoAccess) => Promise<T>): Promise<T> {
    const installation = await this.installationOf(repo);
    const missing = Object.entries(permissions).find(([name, level]) => !grants(installation, name, level));
    if (missing) throw new AppError(GITHUB_PERMISSION_MISSING, `The GitHub App lacks the permission "${missing[0]}: ${missing[1]}" in this installation.`);
    const access = await this.open(repo, installation, permissions);
    try {
      return await work(access);
    } finally {
      this.end(access.token);
    }
  }

  private async openToRead(repo: GitRepo): Promise<GithubRepoAccess> {
    const installation = await this.installationOf(repo);
    const granted = Object.fromEntries(Object.entries(READING).filter(([name, level]) => name === 'metadata' || grants(installation, name, level)));
    const access = await this.open(repo, installation, granted);
    this.forget(repo.id);
    this.kept.set(repo.id, { access, until: Date.now() + KEPT_MS });
    for (const oldest of this.kept.keys()) {
      if (this.kept.size <= MOST_KEPT) break;
      this.forget(oldest);
    }
    return access;
  }

  private async open(repo: GitRepo, { installationId }: GithubInstallation, permissions: TokenPermissions): Promise<GithubRepoAccess> {
    if (repo.githubId === null) throw notConnected('GitHub has not told us of this repository.');
    const { token, fullName } = await this.app.tokenForRepository({ installationId, githubRepoId: repo.githubId, permissions, isHurried: true });
    return { token, fullName: fullName ?? repo.fullName };
  }

  private async installationOf(repo: GitRepo): Promise<GithubInstallation> {
    if (repo.provider !== 'github') throw notConnected('This repository is a plain git remote: pull requests are a thing of GitHub. Connect it through the GitHub App to work with them here.');
    const installation = repo.installationId === null ? null : await this.installations.findForOrganization(repo.organizationId, repo.installationId);
    if (!installation || installation.suspendedAt !== null) throw notConnected('The GitHub App is not installed there any more, or is suspended.');
    return installation;
  }

  private forget(repositoryId: string): void {
    const known = this.kept.get(repositoryId);
    this.kept.delete(repositoryId);
    if (known) this.end(known.access.token);
  }

  /** Nobody waits for it: it is good for one repository, and for an hour at most. */
  private end(token: Secret): void {
    void this.app.revoke(token).catch(() => undefined);
  }
}

function grants({ permissions }: GithubInstallation, name: string, level: string): boolean {
  const granted = permissions[name];
  return granted === level || granted === 'write' || granted === 'admin';
}

function notConnected(detail: string): AppError {
  return new AppError(INTEGRATION_NOT_CONNECTED, detail);
}
