import { AppError, Logger, type Secret } from '@app/common';
import { GithubApp, GithubBranches, GithubChecks, GithubPullRequests, GithubRepos, type GithubRepoAccess, type OneRepositoryToken, type TokenPermissions } from '@app/github';
import { Injectable } from '@nestjs/common';
import { isRateLimit } from '../../workspace/git.errors';
import { codeOfRefusal, PublishFailure } from '../publish-failure';
import { Forge, type ForgeCheck, type ForgeRequest, type OpenForge } from './forge';

const KEPT = 'The patch is kept; publish again when that is solved.';
const CONTENTS: TokenPermissions = { contents: 'write', pull_requests: 'write' };

interface Grant {
  readonly token: OneRepositoryToken;
  readonly permissions: TokenPermissions;
}

/** GitHub's calls that a publication makes. */
@Injectable()
export class GithubCalls {
  constructor(
    readonly app: GithubApp,
    readonly repos: GithubRepos,
    readonly branches: GithubBranches,
    readonly pulls: GithubPullRequests,
    readonly checks: GithubChecks,
  ) {}
}

/** GitHub, by a token of our App for this one repository, which is revoked at the end. */
@Injectable()
export class GithubForge extends Forge {
  readonly provider = 'github';

  constructor(
    private readonly calls: GithubCalls,
    private readonly logger: Logger,
  ) {
    super();
  }

  async open(request: ForgeRequest): Promise<OpenForge> {
    const { repo, installation } = request;
    if (installation === null || repo.githubId === null) {
      throw new PublishFailure('integration_not_connected', 'The GitHub App has no access to this repository. The patch is kept: install the App there, then publish again.');
    }
    const ask = (permissions: TokenPermissions): Promise<OneRepositoryToken> =>
      this.calls.app.tokenForRepository({ installationId: installation.installationId, githubRepoId: repo.githubId ?? '', permissions }, request.signal);
    try {
      const grant = await this.grant(request, ask);
      const session = new GithubSession(this.calls, { fullName: repo.fullName, grant, ask: () => ask(grant.permissions) }, this.logger);
      return await session.opened(repo.defaultBranch);
    } catch (error) {
      request.signal.throwIfAborted();
      throw refusal(error);
    }
  }

  /** As much as the installation grants. What it never granted GitHub refuses with the whole token, so less is asked for then. */
  private async grant({ withWorkflows }: ForgeRequest, ask: (permissions: TokenPermissions) => Promise<OneRepositoryToken>): Promise<Grant> {
    const needed: TokenPermissions = withWorkflows ? { ...CONTENTS, workflows: 'write' } : CONTENTS;
    for (const permissions of [{ ...needed, checks: 'write' } as const, needed]) {
      try {
        return { token: await ask(permissions), permissions };
      } catch (error) {
        if (!isUngranted(error)) throw error;
        if (permissions !== needed) continue;
        if (withWorkflows) await this.requireWorkflows(ask, error);
        throw error;
      }
    }
    throw new Error('no token was asked for');
  }

  /** Tells a missing right apart from a missing repository. */
  private async requireWorkflows(ask: (permissions: TokenPermissions) => Promise<OneRepositoryToken>, error: unknown): Promise<never> {
    const { token } = await ask(CONTENTS);
    await this.calls.app.revoke(token).catch(() => undefined);
    throw new PublishFailure('github_permission_missing', `The change holds workflow files, and the GitHub App lacks the permission "workflows". ${KEPT}`, error);
  }
}

interface SessionStart {
  readonly fullName: string;
  readonly grant: Grant;
  readonly ask: () => Promise<OneRepositoryToken>;
}

/** One publication's access. */
class GithubSession {
  private readonly tokens: Secret[];
  private fullName: string;
  private hasRenewed = false;

  constructor(
    private readonly calls: GithubCalls,
    private readonly start: SessionStart,
    private readonly logger: Logger,
  ) {
    const { token, fullName } = start.grant.token;
    this.tokens = [token];
    // GitHub looks pull requests up by the owner's name of today, and a repository may have been renamed.
    this.fullName = fullName ?? start.fullName;
  }

  async opened(knownDefault: string): Promise<OpenForge> {
    try {
      const facts = await this.calls.repos.getByFullName(this.access.token, this.fullName);
      return this.describe(facts?.defaultBranch ?? knownDefault, facts?.archived === true ? `The repository ${this.fullName} is archived at GitHub: nothing can be pushed to it.` : null);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  private describe(defaultBranch: string, readOnly: string | null): OpenForge {
    const { pulls, branches } = this.calls;
    const tokenNow = (): Secret => this.access.token;
    const mayCheck = this.start.grant.permissions['checks'] === 'write';
    return {
      get credentials() {
        return tokenNow();
      },
      defaultBranch, readOnly,
      pulls: { findOpen: (between) => pulls.findOpen(this.access, between), create: (wanted) => pulls.create(this.access, wanted), update: (number, changes) => pulls.update(this.access, number, changes) },
      checks: mayCheck ? { put: (check) => this.putCheck(check) } : null,
      noChecks: mayCheck ? null : 'the GitHub App lacks the permission "checks"',
      isProtected: async (branch) => (await branches.find(this.access, branch))?.protected ?? false,
      renew: () => this.renew(), close: () => this.close(),
    };
  }

  private get access(): GithubRepoAccess {
    const token = this.tokens.at(-1);
    if (!token) throw new Error('the access is closed');
    return { token, fullName: this.fullName };
  }

  private async putCheck(check: ForgeCheck): Promise<{ url: string | null }> {
    const { checks } = this.calls;
    const known = await checks.find(this.access, check);
    return known ? checks.update(this.access, known.id, check) : checks.create(this.access, check);
  }

  private async renew(): Promise<boolean> {
    if (this.hasRenewed) return false;
    this.hasRenewed = true;
    const { token, fullName } = await this.start.ask();
    this.tokens.push(token);
    this.fullName = fullName ?? this.fullName;
    return true;
  }

  private async close(): Promise<void> {
    for (const token of this.tokens) await this.calls.app.revoke(token).catch((error: unknown) => this.logger.warn('a GitHub token could not be revoked; it dies within the hour', { err: error }));
  }
}

/** GitHub says 422 both of a repository that is not in the installation and of a right that it never gave. */
function isUngranted(error: unknown): boolean {
  return error instanceof AppError && ['integration_not_connected', 'github_validation_failed', 'github_permission_missing'].includes(error.code);
}

function refusal(error: unknown): unknown {
  if (!(error instanceof AppError) || isRateLimit(error)) return error;
  return new PublishFailure(error.code === 'github_validation_failed' ? 'integration_not_connected' : codeOfRefusal(error), `GitHub gave no access to push with: ${error.detail} ${KEPT}`, error);
}
