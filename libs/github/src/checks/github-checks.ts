import { AppError, GITHUB_PERMISSION_MISSING } from '@app/common';
import { Injectable } from '@nestjs/common';
import { GithubApp } from '../github-app';
import type { GithubRepoAccess } from '../github-pull-request';
import { allPages, idInPath, repositoryCall } from '../reviews/repository-call';
import { factsOfRun, factsOfStatus, factsOfSuite, type CheckFacts, type CommitChecks, type RawCheckRun, type RawCheckSuite, type RawStatus } from './check-facts';

/** How a check run of ours may end. */
export const CHECK_CONCLUSIONS = ['success', 'neutral', 'failure', 'cancelled', 'skipped', 'timed_out', 'action_required'] as const;
export type CheckConclusion = (typeof CHECK_CONCLUSIONS)[number];

export interface CheckOutput {
  readonly title: string;
  /** Markdown; GitHub takes 65,535 characters. */
  readonly summary: string;
}

export interface NewCheckRun {
  readonly name: string;
  readonly headSha: string;
  /** Ours, to find it again. */
  readonly externalId: string;
  readonly detailsUrl?: string | null;
  /** Null: it is at work. */
  readonly conclusion: CheckConclusion | null;
  readonly output: CheckOutput;
}

/** A check run of ours. */
export interface OwnCheckRun {
  readonly id: string;
  readonly externalId: string;
  readonly url: string | null;
}

const MOST_CHARACTERS = 65_000;

/** Checks of commits. Only Apps can write check runs. Errors are those of `githubError`, and github_validation_failed. */
@Injectable()
export class GithubChecks {
  constructor(private readonly app: GithubApp) {}

  create(access: GithubRepoAccess, { name, headSha, externalId, detailsUrl, conclusion, output }: NewCheckRun): Promise<OwnCheckRun> {
    return repositoryCall(this.app, access, 'make a check run', async (octokit, at) => {
      const { data } = await octokit.request('POST /repos/{owner}/{repo}/check-runs', {
        ...at, name, head_sha: headSha, external_id: externalId, ...(detailsUrl ? { details_url: detailsUrl } : {}), ...standing(conclusion), output: shortened(output),
      });
      return ownRun(data);
    });
  }

  update(access: GithubRepoAccess, id: string, { conclusion, output }: Pick<NewCheckRun, 'conclusion' | 'output'>): Promise<OwnCheckRun> {
    return repositoryCall(this.app, access, 'change a check run', async (octokit, at) => {
      const { data } = await octokit.request('PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}', { ...at, check_run_id: idInPath(id), ...standing(conclusion), output: shortened(output) });
      return ownRun(data);
    });
  }

  /** The newest check run of this name that our App made with this external id at a commit; null: none. */
  find(access: GithubRepoAccess, { name, headSha, externalId }: Pick<NewCheckRun, 'name' | 'headSha' | 'externalId'>): Promise<OwnCheckRun | null> {
    return repositoryCall(this.app, access, 'look for a check run', async (octokit, at) => {
      const runs = await allPages<RawCheckRun>(octokit.paginate.iterator('GET /repos/{owner}/{repo}/commits/{ref}/check-runs', { ...at, ref: headSha, check_name: name, filter: 'all', per_page: 100 }));
      const ours = runs.filter((run) => run.external_id === externalId);
      const newest = ours.reduce<RawCheckRun | null>((best, run) => (best === null || BigInt(run.id) > BigInt(best.id) ? run : best), null);
      return newest ? ownRun(newest) : null;
    });
  }

  /** The newest check runs of each name that our App made at a commit. */
  own(access: GithubRepoAccess, headSha: string, appId: string): Promise<(OwnCheckRun & { readonly conclusion: CheckConclusion | null })[]> {
    return repositoryCall(this.app, access, 'look for check runs', async (octokit, at) => {
      const runs = await allPages<RawCheckRun>(octokit.paginate.iterator('GET /repos/{owner}/{repo}/commits/{ref}/check-runs', { ...at, ref: headSha, filter: 'latest', per_page: 100 }));
      return runs.filter(({ app }) => app && String(app.id) === appId).map((run) => ({ ...ownRun(run), conclusion: CHECK_CONCLUSIONS.find((one) => one === run.conclusion) ?? null }));
    });
  }

  /** Says once more how a check run ended. */
  async restate(access: GithubRepoAccess, id: string, conclusion: CheckConclusion): Promise<void> {
    await repositoryCall(this.app, access, 'change a check run', (octokit, at) => octokit.request('PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}', { ...at, check_run_id: idInPath(id), ...standing(conclusion) }));
  }

  /** Check runs, suites that wait, and statuses of a commit. What the App may not read is named, not left out in silence. */
  async ofCommit(access: GithubRepoAccess, sha: string): Promise<CommitChecks> {
    const [runs, statuses] = await Promise.all([readable(() => this.runs(access, sha)), readable(() => this.statuses(access, sha))]);
    const unread = [...(runs === null ? ['check runs' as const] : []), ...(statuses === null ? ['statuses' as const] : [])];
    return { sha, checks: [...(runs ?? []), ...(statuses ?? [])], unread };
  }

  private runs(access: GithubRepoAccess, sha: string): Promise<CheckFacts[]> {
    return repositoryCall(this.app, access, 'read check runs', async (octokit, at) => {
      const about = { ...at, ref: sha, per_page: 100 };
      const runs = await allPages<RawCheckRun>(octokit.paginate.iterator('GET /repos/{owner}/{repo}/commits/{ref}/check-runs', { ...about, filter: 'latest' }));
      const suites = await allPages<RawCheckSuite>(octokit.paginate.iterator('GET /repos/{owner}/{repo}/commits/{ref}/check-suites', about));
      return [...runs.map(factsOfRun), ...suites.map(factsOfSuite).filter((suite) => suite !== null)];
    });
  }

  private statuses(access: GithubRepoAccess, sha: string): Promise<CheckFacts[]> {
    return repositoryCall(this.app, access, 'read statuses', async (octokit, at) => {
      const statuses: RawStatus[] = [];
      for (let page = 1; ; page++) {
        const { data } = await octokit.request('GET /repos/{owner}/{repo}/commits/{ref}/status', { ...at, ref: sha, per_page: 100, page });
        statuses.push(...(data.statuses as RawStatus[]));
        if (data.statuses.length < 100 || statuses.length >= data.total_count) return statuses.map(factsOfStatus);
      }
    });
  }
}

/** Null: the App has no right to it. */
async function readable<T>(read: () => Promise<T>): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof AppError && error.kind === GITHUB_PERMISSION_MISSING) return null;
    throw error;
  }
}

function standing(conclusion: CheckConclusion | null) {
  return conclusion === null ? ({ status: 'in_progress' } as const) : ({ status: 'completed', conclusion } as const);
}

function shortened({ title, summary }: CheckOutput): CheckOutput {
  return { title: title.slice(0, 200), summary: summary.slice(0, MOST_CHARACTERS) };
}

function ownRun({ id, external_id: externalId, html_url: url }: RawCheckRun): OwnCheckRun {
  return { id: String(id), externalId: externalId ?? '', url };
}
