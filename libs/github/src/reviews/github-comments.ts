import { Injectable } from '@nestjs/common';
import { GithubApp } from '../github-app';
import type { GithubRepoAccess } from '../github-pull-request';
import { statusOf } from '../github.errors';
import { allPages, idInPath, repositoryCall } from './repository-call';
import { issueCommentFacts, type IssueCommentFacts, type RawIssueComment } from './review-facts';

/** Comments below pull requests and issues, outside of the diff. Errors are those of `githubError`, and github_validation_failed. */
@Injectable()
export class GithubComments {
  constructor(private readonly app: GithubApp) {}

  /** All of them, oldest first. */
  list(access: GithubRepoAccess, number: number): Promise<IssueCommentFacts[]> {
    return repositoryCall(this.app, access, 'list comments', async (octokit, at) => {
      const rows = await allPages<RawIssueComment>(octokit.paginate.iterator('GET /repos/{owner}/{repo}/issues/{issue_number}/comments', { ...at, issue_number: number, per_page: 100 }));
      return rows.map(issueCommentFacts);
    });
  }

  create(access: GithubRepoAccess, number: number, body: string): Promise<IssueCommentFacts> {
    return repositoryCall(this.app, access, 'post a comment', async (octokit, at) => {
      const { data } = await octokit.request('POST /repos/{owner}/{repo}/issues/{issue_number}/comments', { ...at, issue_number: number, body });
      return issueCommentFacts(data);
    });
  }

  /** @returns null when somebody deleted it. */
  update(access: GithubRepoAccess, commentId: string, body: string): Promise<IssueCommentFacts | null> {
    return repositoryCall(this.app, access, 'change a comment', async (octokit, at) => {
      try {
        const { data } = await octokit.request('PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}', { ...at, comment_id: idInPath(commentId), body });
        return issueCommentFacts(data);
      } catch (error) {
        if (statusOf(error) === 404) return null;
        throw error;
      }
    });
  }
}
