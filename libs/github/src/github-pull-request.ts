import { AppError, INTEGRATION_NOT_CONNECTED, type Secret } from '@app/common';
import { Injectable } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Octokit } from 'octokit';
import { GithubApp } from './github-app';
import { githubError, isOutcomeUnknown, isRefusal, PULL_REQUEST_EMPTY, statusOf } from './github.errors';
import { changedFile, pullRequestFacts, type ChangedFile, type PullRequestFacts, type RawChangedFile, type RawPullRequest } from './pull-requests/pull-request-facts';

/** A repository (owner/name) and a token that may write its pull requests. */
export interface GithubRepoAccess {
  readonly token: Secret;
  readonly fullName: string;
}

export interface NewPullRequest {
  readonly title: string;
  readonly body: string;
  /** Branch of the same repository. */
  readonly head: string;
  readonly base: string;
  readonly draft: boolean;
}

/** GitHub shows no more files of a pull request than these, 100 to a page. */
export const MOST_CHANGED_FILES = 3_000;
const FILES_PER_PAGE = 100;
/** GitHub works out whether it can be merged when somebody first asks. */
const MERGEABLE_PAUSES_MS = [600, 1_200];

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

  /** @throws {AppError} integration_not_connected when there is none of this number, or the repository is gone */
  async getExisting(access: GithubRepoAccess, number: number): Promise<PullRequestFacts> {
    const found = await this.get(access, number);
    if (!found) throw new AppError(INTEGRATION_NOT_CONNECTED, 'GitHub shows the App no such pull request: it does not exist, or the App has no access to it.');
    return found;
  }

  /** The same, asked up to three times for whether it can be merged: GitHub works that out when it is first asked. */
  async getSettled(access: GithubRepoAccess, number: number): Promise<PullRequestFacts> {
    let found = await this.getExisting(access, number);
    for (const pause of MERGEABLE_PAUSES_MS) {
      if (found.mergeable !== null || (found.status !== 'open' && found.status !== 'draft')) return found;
      await sleep(pause);
      found = await this.getExisting(access, number);
    }
    return found;
  }

  /** The pull requests that changed last, open ones or all, at most 100. */
  async newest(access: GithubRepoAccess, state: 'open' | 'all'): Promise<PullRequestFacts[]> {
    const { data } = await this.call(access, 'list pull requests', (octokit) =>
      octokit.request('GET /repos/{owner}/{repo}/pulls', { ...split(access.fullName), state, sort: 'updated', direction: 'desc', per_page: 100 }));
    return (data as unknown as RawPullRequest[]).map(pullRequestFacts);
  }

  /** One page of the files it changes, from 1; `isLast` when no more are shown. */
  async files(access: GithubRepoAccess, number: number, page: number, perPage = FILES_PER_PAGE): Promise<{ readonly files: ChangedFile[]; readonly isLast: boolean }> {
    const { data, headers } = await this.call(access, 'list changed files', (octokit) =>
      octokit.request('GET /repos/{owner}/{repo}/pulls/{pull_number}/files', { ...split(access.fullName), pull_number: number, per_page: perPage, page }));
    return { files: (data as unknown as RawChangedFile[]).map(changedFile), isLast: !/rel="next"/.test(headers.link ?? '') || page * perPage >= MOST_CHANGED_FILES };
  }

  /** All files it changes, as far as GitHub shows them. */
  async allFiles(access: GithubRepoAccess, number: number): Promise<ChangedFile[]> {
    const all: ChangedFile[] = [];
    for (let page = 1; ; page += 1) {
      const { files, isLast } = await this.files(access, number, page);
      all.push(...files);
      if (isLast) return all;
    }
  }

  /**
   * Opens a pull request, or returns the open one between these branches: an earlier call may have made it and lost its answer. Where
   * drafts are not offered, it opens an ordinary one.
   * @throws {AppError} pull_request_empty when the branches do not differ
   */
  async create(access: GithubRepoAccess, wanted: NewPullRequest, isSecondTry = false): Promise<PullRequestFacts> {
    try {
      const { data } = await this.client(access).request('POST /repos/{owner}/{repo}/pulls', { ...split(access.fullName), ...wanted, maintainer_can_modify: true });
      return pullRequestFacts(data);
    } catch (error) {
      if (wanted.draft && isRefusal(error, /draft pull requests are not supported/i)) return this.create(access, { ...wanted, draft: false }, isSecondTry);
      if (isRefusal(error, /no commits between/i)) throw new AppError(PULL_REQUEST_EMPTY, `${wanted.head} holds nothing that ${wanted.base} does not.`);
      const mayExist = isOutcomeUnknown(error) || isRefusal(error, /pull request already exists/i);
      const existing = mayExist ? await this.findOpen(access, wanted) : null;
      if (existing) return existing;
      if (isOutcomeUnknown(error) && !isSecondTry) return this.create(access, wanted, true);
      throw githubError(error, 'open a pull request');
    }
  }

  async update(access: GithubRepoAccess, number: number, changes: { readonly title?: string; readonly body?: string; readonly state?: 'open' | 'closed' }): Promise<PullRequestFacts> {
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

function split(fullName: string): { owner: string; repo: string } {
  const [owner = '', repo = ''] = fullName.split('/');
  return { owner, repo };
}
