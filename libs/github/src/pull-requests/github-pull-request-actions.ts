import { AppError, VERSION_CONFLICT } from '@app/common';
import { Injectable } from '@nestjs/common';
import type { Octokit } from 'octokit';
import { GithubApp } from '../github-app';
import { GithubPullRequests, type GithubRepoAccess } from '../github-pull-request';
import { githubError, isOutcomeUnknown, PULL_REQUEST_NOT_MERGEABLE, statusOf, wordsOf } from '../github.errors';
import type { RepositoryAddress } from '../reviews/repository-call';
import type { PullRequestFacts } from './pull-request-facts';

export type MergeMethod = 'merge' | 'squash' | 'rebase';

export interface WantedMerge {
  readonly method: MergeMethod;
  /** The head that was looked at. */
  readonly sha: string;
}

const READY = 'mutation($id: ID!) { markPullRequestReadyForReview(input: { pullRequestId: $id }) { pullRequest { id isDraft } } }';

/**
 * What ends a pull request or brings it on. Each is named by its effect: called twice, or once more after its answer was lost, it finds
 * what was done and does nothing. Errors are those of `githubError`, and github_validation_failed.
 */
@Injectable()
export class GithubPullRequestActions {
  constructor(
    private readonly app: GithubApp,
    private readonly pulls: GithubPullRequests,
  ) {}

  /** @throws {AppError} pull_request_not_mergeable with GitHub's words, version_conflict when the head is another one by now */
  async merge(access: GithubRepoAccess, number: number, { method, sha }: WantedMerge): Promise<PullRequestFacts> {
    try {
      await this.send(access, (octokit, at) =>
        octokit.request('PUT /repos/{owner}/{repo}/pulls/{pull_number}/merge', { ...at, pull_number: number, merge_method: method, sha }));
    } catch (error) {
      return this.mergedAfterAll(access, number, sha, error);
    }
    return this.pulls.getExisting(access, number);
  }

  close(access: GithubRepoAccess, number: number): Promise<PullRequestFacts> {
    return this.setState(access, number, 'closed');
  }

  /** @throws {AppError} github_validation_failed when its branch is gone or has another one */
  reopen(access: GithubRepoAccess, number: number): Promise<PullRequestFacts> {
    return this.setState(access, number, 'open');
  }

  /** Takes the draft mark off. */
  async ready(access: GithubRepoAccess, number: number): Promise<PullRequestFacts> {
    const before = await this.pulls.getExisting(access, number);
    if (before.status !== 'draft') return before;
    try {
      await this.send(access, (octokit) => octokit.graphql(READY, { id: before.nodeId }));
    } catch (error) {
      const now = await this.pulls.getExisting(access, number);
      if (now.status !== 'draft') return now;
      throw githubError(error, 'take the draft mark off');
    }
    return this.pulls.getExisting(access, number);
  }

  /** Removes a branch; one that is gone already is fine. */
  async deleteBranch(access: GithubRepoAccess, branch: string): Promise<void> {
    try {
      await this.send(access, (octokit, at) => octokit.request('DELETE /repos/{owner}/{repo}/git/refs/{ref}', { ...at, ref: `heads/${branch}` }));
    } catch (error) {
      const isGone = statusOf(error) === 404 || (statusOf(error) === 422 && /does not exist/i.test(wordsOf(error)));
      if (!isGone) throw githubError(error, 'delete a branch');
    }
  }

  /** Merged by an earlier call, or by this one although its answer is lost. @throws {AppError} what the failed merge means */
  private async mergedAfterAll(access: GithubRepoAccess, number: number, sha: string, error: unknown): Promise<PullRequestFacts> {
    if (!isRefused(error) && !isOutcomeUnknown(error)) throw githubError(error, 'merge a pull request');
    const now = await this.pulls.getExisting(access, number);
    if (now.status === 'merged' && now.headSha === sha) return now;
    if (!isRefused(error)) throw githubError(error, 'merge a pull request');
    if (statusOf(error) === 409 || now.headSha !== sha) throw new AppError(VERSION_CONFLICT, `The head of the pull request is ${now.headSha} now.`);
    throw new AppError(PULL_REQUEST_NOT_MERGEABLE, notMergeable(now, wordsOf(error)));
  }

  private async setState(access: GithubRepoAccess, number: number, state: 'open' | 'closed'): Promise<PullRequestFacts> {
    try {
      return await this.pulls.update(access, number, { state });
    } catch (error) {
      if (!isOutcomeUnknown(error)) throw error;
      const now = await this.pulls.getExisting(access, number);
      const isDone = (now.status === 'open' || now.status === 'draft') === (state === 'open');
      if (isDone) return now;
      throw error;
    }
  }

  /** As it comes: what GitHub refused is looked at here. */
  private async send(access: GithubRepoAccess, call: (octokit: Octokit, at: RepositoryAddress) => Promise<unknown>): Promise<void> {
    const [owner = '', repo = ''] = access.fullName.split('/');
    await call(this.app.octokitFor(access.token, `pulls:${access.fullName}`), { owner, repo });
  }
}

/** 405: not mergeable; 409: the head moved. 422 is both, in words. */
function isRefused(error: unknown): boolean {
  return [405, 409, 422].includes(statusOf(error) ?? 0);
}

function notMergeable({ status }: PullRequestFacts, words: string): string {
  if (status === 'closed') return 'It is closed.';
  if (status === 'draft') return 'It is a draft.';
  return `GitHub says: ${words}`;
}
