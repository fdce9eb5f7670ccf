import { Injectable } from '@nestjs/common';
import { GithubApp } from './github-app';
import type { GithubRepoAccess } from './github-pull-request';
import type { GithubBranch } from './github-repo';
import { statusOf } from './github.errors';
import { repositoryCall } from './reviews/repository-call';

/** Branches of one repository. Errors are those of `githubError`. */
@Injectable()
export class GithubBranches {
  constructor(private readonly app: GithubApp) {}

  /** A branch by its name; null when it is not there. */
  find(access: GithubRepoAccess, branch: string): Promise<GithubBranch | null> {
    return repositoryCall(this.app, access, 'read a branch', async (octokit, at) => {
      try {
        const { data } = await octokit.request('GET /repos/{owner}/{repo}/branches/{branch}', { ...at, branch });
        return { name: data.name, sha: data.commit.sha, protected: data.protected };
      } catch (error) {
        if (statusOf(error) === 404) return null;
        throw error;
      }
    });
  }
}
