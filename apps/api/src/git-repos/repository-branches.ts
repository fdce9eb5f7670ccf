import { AppError, Clock, INTEGRATION_NOT_CONNECTED, type Page, type PageRequest } from '@app/common';
import { type GitRepo, GithubInstallationStore } from '@app/domain';
import { GithubApp, type GithubBranch, GithubRepos } from '@app/github';
import { Injectable } from '@nestjs/common';

const KEPT_MS = 30_000;
const MOST_KEPT = 200;
const PER_PAGE = 100;
/** A repository with more than that shows the first of them by GitHub's order, and its default branch. */
const MOST_PAGES = 20;

interface Kept {
  readonly until: number;
  readonly branches: Promise<readonly GithubBranch[]>;
}

/** Branches of repositories of GitHub's, kept for half a minute: a form that completes names asks at each key. */
@Injectable()
export class RepositoryBranches {
  private readonly kept = new Map<string, Kept>();

  constructor(
    private readonly app: GithubApp,
    private readonly repos: GithubRepos,
    private readonly installations: GithubInstallationStore,
    private readonly clock: Clock,
  ) {}

  /** By name, the default one first. @throws {AppError} integration_not_connected, github_error, github_rate_limited */
  async list(repo: GitRepo, q: string | undefined, { limit, after }: PageRequest): Promise<Page<GithubBranch>> {
    const words = (q ?? '').toLowerCase();
    const rank = ({ name }: { name: string }): string => `${name === repo.defaultBranch ? 0 : 1}${name}`;
    const named = (await this.all(repo)).filter(({ name }) => name.toLowerCase().includes(words)).map((branch) => ({ branch, rank: rank(branch) }));
    const sorted = named.sort((one, other) => (one.rank < other.rank ? -1 : 1));
    const start = after ? sorted.findIndex((one) => one.rank > Buffer.from(after.id, 'base64url').toString('utf8')) : 0;
    const rest = start < 0 ? [] : sorted.slice(start);
    const rows = rest.slice(0, limit);
    const last = rows.at(-1);
    return { rows: rows.map(({ branch }) => branch), next: last && rest.length > limit ? { sort: '', id: Buffer.from(last.rank).toString('base64url') } : null };
  }

  private all(repo: GitRepo): Promise<readonly GithubBranch[]> {
    const now = this.clock.monotonicMs();
    const known = this.kept.get(repo.id);
    if (known && known.until > now) return known.branches;
    const branches = this.read(repo);
    this.kept.delete(repo.id);
    this.kept.set(repo.id, { until: now + KEPT_MS, branches });
    // A failure is not kept.
    branches.catch(() => this.kept.delete(repo.id));
    const [oldest] = this.kept.keys();
    if (this.kept.size > MOST_KEPT && oldest !== undefined) this.kept.delete(oldest);
    return branches;
  }

  private async read(repo: GitRepo): Promise<readonly GithubBranch[]> {
    const installation = repo.installationId === null ? null : await this.installations.findForOrganization(repo.organizationId, repo.installationId);
    if (repo.provider !== 'github' || repo.githubId === null || !installation || repo.status !== 'active') {
      throw new AppError(INTEGRATION_NOT_CONNECTED, 'Branches are listed for connected repositories of a GitHub installation only.');
    }
    const { token, fullName } = await this.app.tokenForRepository({ installationId: installation.installationId, githubRepoId: repo.githubId, permissions: { contents: 'read' }, isHurried: true });
    try {
      return await this.pages((page) => this.repos.branches(token, fullName ?? repo.fullName, page));
    } finally {
      void this.app.revoke(token).catch(() => undefined);
    }
  }

  private async pages(read: (page: number) => Promise<GithubBranch[]>): Promise<readonly GithubBranch[]> {
    const found: GithubBranch[] = [];
    for (let page = 1; page <= MOST_PAGES; page += 1) {
      const branches = await read(page);
      found.push(...branches);
      if (branches.length < PER_PAGE) break;
    }
    return found;
  }
}
