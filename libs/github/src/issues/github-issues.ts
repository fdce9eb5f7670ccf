import { Injectable } from '@nestjs/common';
import { GithubApp } from '../github-app';
import type { GithubRepoAccess } from '../github-pull-request';
import { statusOf } from '../github.errors';
import { allPages, idInPath, repositoryCall } from '../reviews/repository-call';

/** What a reaction is put on. An issue is named by its number, comments by GitHub's id. */
export type ReactionTarget = { readonly on: 'issue' | 'comment' | 'review_comment'; readonly id: string };
export type ReactionContent = 'eyes' | 'confused' | '+1';

/** Where a pull request comes from and goes to. */
export interface PullRequestRefs {
  readonly headRef: string;
  readonly headSha: string;
  readonly baseRef: string;
  /** Its branch is in another repository. */
  readonly isFork: boolean;
  readonly isOpen: boolean;
  readonly isDraft: boolean;
  readonly title: string;
  readonly body: string;
  readonly labels: readonly string[];
}

const PATHS = {
  issue: 'POST /repos/{owner}/{repo}/issues/{issue_number}/reactions', comment: 'POST /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions',
  review_comment: 'POST /repos/{owner}/{repo}/pulls/comments/{comment_id}/reactions',
} as const;
/** More changed files than these nobody filters by. */
const MOST_FILE_PAGES = 10;

/** Issues, reactions and what starts work at them. Errors are those of `githubError`, and github_validation_failed. */
@Injectable()
export class GithubIssues {
  constructor(private readonly app: GithubApp) {}

  /** Puts our reaction there; it is there once, however often. False: what it was for is gone. */
  react(access: GithubRepoAccess, { on, id }: ReactionTarget, content: ReactionContent): Promise<boolean> {
    return repositoryCall(this.app, access, 'react', async (octokit, at) => {
      const where = on === 'issue' ? { issue_number: idInPath(id) } : { comment_id: idInPath(id) };
      try {
        await octokit.request(PATHS[on], { ...at, ...where, content } as never);
        return true;
      } catch (error) {
        if (statusOf(error) === 404) return false;
        throw error;
      }
    });
  }

  /** Null: there is no pull request of this number. */
  pullRequest(access: GithubRepoAccess, number: number): Promise<PullRequestRefs | null> {
    return repositoryCall(this.app, access, 'read a pull request', async (octokit, at) => {
      try {
        const { data } = await octokit.request('GET /repos/{owner}/{repo}/pulls/{pull_number}', { ...at, pull_number: number });
        const { head, base, state, draft, title, body, labels } = data;
        return {
          headRef: head.ref, headSha: head.sha, baseRef: base.ref, isFork: head.repo?.id !== base.repo.id, isOpen: state === 'open', isDraft: draft ?? false, title, body: body ?? '',
          labels: labels.map(({ name }) => name),
        };
      } catch (error) {
        if (statusOf(error) === 404) return null;
        throw error;
      }
    });
  }

  /** Paths that a pull request changes, old names too: as many as GitHub lists, at most 1,000. */
  changedPaths(access: GithubRepoAccess, number: number): Promise<string[]> {
    return repositoryCall(this.app, access, 'list changed files', async (octokit, at) => {
      const paths: string[] = [];
      for (let page = 1; page <= MOST_FILE_PAGES; page++) {
        const { data } = await octokit.request('GET /repos/{owner}/{repo}/pulls/{pull_number}/files', { ...at, pull_number: number, per_page: 100, page });
        for (const file of data) paths.push(file.filename, ...(file.previous_filename === undefined ? [] : [file.previous_filename]));
        if (data.length < 100) break;
      }
      return paths;
    });
  }

  /** Labels of an issue or pull request. */
  labels(access: GithubRepoAccess, number: number): Promise<string[]> {
    return repositoryCall(this.app, access, 'list labels', async (octokit, at) => {
      const rows = await allPages<{ name: string }>(octokit.paginate.iterator('GET /repos/{owner}/{repo}/issues/{issue_number}/labels', { ...at, issue_number: number, per_page: 100 }));
      return rows.map(({ name }) => name);
    });
  }

  /** The commit that a branch of the repository itself stands at; null: there is no such branch. */
  branchHead(access: GithubRepoAccess, branch: string): Promise<string | null> {
    return repositoryCall(this.app, access, 'read a branch', async (octokit, at) => {
      try {
        const { data } = await octokit.request('GET /repos/{owner}/{repo}/branches/{branch}', { ...at, branch });
        return data.commit.sha;
      } catch (error) {
        if (statusOf(error) === 404) return null;
        throw error;
      }
    });
  }
}
