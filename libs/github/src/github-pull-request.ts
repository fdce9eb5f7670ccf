import { AppError, type Secret } from '@app/common';
import { Injectable } from '@nestjs/common';
import type { Octokit } from 'octokit';
import { GithubApp } from './github-app';
import { githubError, isRefusal, PULL_REQUEST_EMPTY, statusOf } from './github.errors';

/** A repository (owner/name) and a token that may write its pull requests. */
export interface GithubRepoAccess {
  readonly token: Secret;
  readonly fullName: string;
}

/** A pull request as GitHub describes it; ids as text. */
export interface PullRequestFacts {
  readonly id: string;
  readonly nodeId: string;
  readonly number: number;
  readonly title: string;
  readonly body: string | null;
  readonly url: string;
  readonly status: 'open' | 'draft' | 'merged' | 'closed';
  readonly headRef: string;
  readonly headSha: string;
  readonly baseRef: string;
  readonly baseSha: string;
  readonly authorLogin: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly mergedAt: Date | null;
  readonly closedAt: Date | null;
}

export interface NewPullRequest {
  readonly title: string;
  readonly body: string;
  /** Branch of the same repository. */
  readonly head: string;
  readonly base: string;
  readonly draft: boolean;
}

/** Pull requests of one repository. Errors are those of `githubError`. */
@Injectable()
export class GithubPullRequests {
  constructor(private readonly app: GithubApp) {}

  /** The open pull request from one branch into another: there is at most one. */
  async findOpen(access: GithubRepoAccess, { head, base }: Pick<NewPullRequest, 'head' | 'base'>): Promise<PullRequestFacts | null> {
    const { owner, repo } = split(access.fullName);
    const found = await this.call(access, 'look for a pull request', (octokit) =>
      octokit.request('GET /repos/{owner}/{repo}/pulls', { owner, repo, head: `${owner}:${head}`, base, state: 'open', per_page: 10 }));
    const match = (found.data as unknown as RawPullRequest[]).find((raw) => raw.head.ref === head && raw.base.ref === base);
    return match ? pullRequestFacts(match) : null;
  }

  /** @returns null when there is none of this number. */
  async get(access: GithubRepoAccess, number: number): Promise<PullRequestFacts | null> {
    try {
      const { data } = await this.client(access).request('GET /repos/{owner}/{repo}/pulls/{pull_number}', { ...split(access.fullName), pull_number: number });
      return pullRequestFacts(data);
    } catch (error) {
      if (statusOf(error) === 404) return null;
      throw githubError(error, 'read a pull request');
    }
  }

  /**
   * Opens a pull request, or returns the open one between these branches: an earlier call may have made it and lost its answer. Where
   * drafts are not offered, it opens an ordinary one.
   * @throws {AppError} pull_request_empty when the branches do not differ
   */
  async create(access: GithubRepoAccess, wanted: NewPullRequest): Promise<PullRequestFacts> {
    try {
      const { data } = await this.client(access).request('POST /repos/{owner}/{repo}/pulls', { ...split(access.fullName), ...wanted, maintainer_can_modify: true });
      return pullRequestFacts(data);
    } catch (error) {
      if (wanted.draft && isRefusal(error, /draft pull requests are not supported/i)) return this.create(access, { ...wanted, draft: false });
      if (isRefusal(error, /no commits between/i)) throw new AppError(PULL_REQUEST_EMPTY, `${wanted.head} holds nothing that ${wanted.base} does not.`);
      const existing = isRefusal(error, /pull request already exists/i) ? await this.findOpen(access, wanted) : null;
      if (existing) return existing;
      throw githubError(error, 'open a pull request');
    }
  }

  async update(access: GithubRepoAccess, number: number, changes: { readonly title?: string; readonly body?: string }): Promise<PullRequestFacts> {
    const { data } = await this.call(access, 'change a pull request', (octokit) =>
      octokit.request('PATCH /repos/{owner}/{repo}/pulls/{pull_number}', { ...split(access.fullName), pull_number: number, ...changes }));
    return pullRequestFacts(data);
  }

  private async call<T>(access: GithubRepoAccess, what: string, request: (octokit: Octokit) => Promise<T>): Promise<T> {
    try {
      return await request(this.client(access));
    } catch (error) {
      throw githubError(error, what);
    }
  }

  private client({ token, fullName }: GithubRepoAccess): Octokit {
    return this.app.octokitFor(token, `pulls:${fullName}`);
  }
}

interface RawPullRequest {
  readonly id: number | bigint;
  readonly node_id: string;
  readonly number: number;
  readonly title: string;
  readonly body: string | null;
  readonly html_url: string;
  readonly state: string;
  readonly draft?: boolean;
  readonly merged_at: string | null;
  readonly closed_at: string | null;
  readonly created_at: string;
  readonly updated_at: string;
  readonly user: { readonly login: string } | null;
  readonly head: { readonly ref: string; readonly sha: string };
  readonly base: { readonly ref: string; readonly sha: string };
}

function pullRequestFacts(raw: RawPullRequest): PullRequestFacts {
  return {
    id: String(raw.id), nodeId: raw.node_id, number: raw.number, title: raw.title, body: raw.body, url: raw.html_url, status: statusIn(raw), headRef: raw.head.ref, headSha: raw.head.sha,
    baseRef: raw.base.ref, baseSha: raw.base.sha, authorLogin: raw.user?.login ?? null, createdAt: new Date(raw.created_at), updatedAt: new Date(raw.updated_at),
    mergedAt: raw.merged_at ? new Date(raw.merged_at) : null, closedAt: raw.closed_at ? new Date(raw.closed_at) : null,
  };
}

function statusIn(raw: RawPullRequest): PullRequestFacts['status'] {
  if (raw.merged_at) return 'merged';
  if (raw.state === 'closed') return 'closed';
  return raw.draft ? 'draft' : 'open';
}

function split(fullName: string): { owner: string; repo: string } {
  const [owner = '', repo = ''] = fullName.split('/');
  return { owner, repo };
}
