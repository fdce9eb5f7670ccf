import type { Secret } from '@app/common';
import { Injectable } from '@nestjs/common';
import type { Octokit } from 'octokit';
import { GithubApp } from './github-app';
import { githubError, statusOf } from './github.errors';

/** A repository as GitHub describes it; ids as text. */
export interface GithubRepoFacts {
  readonly id: string;
  readonly nodeId: string;
  readonly name: string;
  /** owner/name */
  readonly fullName: string;
  readonly description: string | null;
  readonly private: boolean;
  readonly archived: boolean;
  readonly fork: boolean;
  readonly defaultBranch: string;
  readonly language: string | null;
  readonly htmlUrl: string;
  readonly cloneUrl: string;
  readonly sizeKb: number;
  readonly pushedAt: Date | null;
  readonly updatedAt: Date | null;
}

export interface GithubBranch {
  readonly name: string;
  readonly sha: string;
  readonly protected: boolean;
}

const BRANCHES_PER_PAGE = 100;

/** Reads repositories. Errors are those of `githubError`; a repository that the token does not see is null. */
@Injectable()
export class GithubRepos {
  constructor(private readonly app: GithubApp) {}

  getByFullName(token: Secret, fullName: string): Promise<GithubRepoFacts | null> {
    const [owner = '', repo = ''] = fullName.split('/');
    return this.read(token, (octokit) => octokit.request('GET /repos/{owner}/{repo}', { owner, repo }));
  }

  /** By GitHub's id, which outlives renames: the address that GitHub itself redirects old names to. */
  getById(token: Secret, id: string): Promise<GithubRepoFacts | null> {
    return this.read(token, (octokit) => octokit.request('GET /repositories/{id}', { id }));
  }

  /** One page of branches, from 1; fewer than 100 means that it was the last. */
  async branches(token: Secret, fullName: string, page = 1): Promise<GithubBranch[]> {
    const [owner = '', repo = ''] = fullName.split('/');
    try {
      const { data } = await this.app.octokitFor(token, 'repositories').request('GET /repos/{owner}/{repo}/branches', { owner, repo, per_page: BRANCHES_PER_PAGE, page });
      return data.map((branch) => ({ name: branch.name, sha: branch.commit.sha, protected: branch.protected }));
    } catch (error) {
      throw githubError(error, 'list branches');
    }
  }

  private async read(token: Secret, call: (octokit: Octokit) => Promise<{ data: unknown }>): Promise<GithubRepoFacts | null> {
    try {
      return repoFacts((await call(this.app.octokitFor(token, 'repositories'))).data as RawRepo);
    } catch (error) {
      if (statusOf(error) === 404) return null;
      throw githubError(error, 'read a repository');
    }
  }
}

/** A repository in an answer of GitHub. */
export interface RawRepo {
  readonly id: number | bigint;
  readonly node_id: string;
  readonly name: string;
  readonly full_name: string;
  readonly description: string | null;
  readonly private: boolean;
  readonly archived?: boolean;
  readonly fork: boolean;
  readonly default_branch: string;
  readonly language?: string | null;
  readonly html_url: string;
  readonly clone_url: string;
  readonly size?: number;
  readonly pushed_at?: string | null;
  readonly updated_at?: string | null;
}

/** The same in our words. */
export function repoFacts(raw: RawRepo): GithubRepoFacts {
  return {
    id: String(raw.id), nodeId: raw.node_id, name: raw.name, fullName: raw.full_name, description: raw.description ?? null, private: raw.private, archived: raw.archived ?? false,
    fork: raw.fork, defaultBranch: raw.default_branch, language: raw.language ?? null, htmlUrl: raw.html_url, cloneUrl: raw.clone_url, sizeKb: Number(raw.size ?? 0),
    pushedAt: timeOf(raw.pushed_at), updatedAt: timeOf(raw.updated_at),
  };
}

function timeOf(text: string | null | undefined): Date | null {
  return text ? new Date(text) : null;
}
