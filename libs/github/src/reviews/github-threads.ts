import { AppError, GITHUB_PERMISSION_MISSING, redact } from '@app/common';
import { Injectable } from '@nestjs/common';
import { GithubApp } from '../github-app';
import type { GithubRepoAccess } from '../github-pull-request';
import { GITHUB_ERROR } from '../github.errors';
import { repositoryCall } from './repository-call';
import type { ReviewThreadFacts } from './review-facts';

const MOST_PAGES = 50;

const LIST = `query($owner: String!, $repo: String!, $number: Int!, $after: String) {
  repository(owner: $owner, name: $repo) {
    pullRequest(number: $number) {
      reviewThreads(first: 100, after: $after) {
        pageInfo { hasNextPage endCursor }
        nodes { id isResolved isOutdated resolvedBy { login } comments(first: 1) { nodes { fullDatabaseId } } }
      }
    }
  }
}`;

const RESOLVE = 'mutation($threadId: ID!) { resolveReviewThread(input: { threadId: $threadId }) { thread { id isResolved } } }';

interface RawThread {
  readonly id: string;
  readonly isResolved: boolean;
  readonly isOutdated: boolean;
  readonly resolvedBy: { readonly login: string } | null;
  readonly comments: { readonly nodes: readonly { readonly fullDatabaseId: string | number | bigint | null }[] };
}

interface RawThreads {
  readonly repository: { readonly pullRequest: { readonly reviewThreads: { readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null }; readonly nodes: readonly RawThread[] } } | null } | null;
}

/** Threads of review comments: only GraphQL knows them. Errors are those of `githubError`. */
@Injectable()
export class GithubThreads {
  constructor(private readonly app: GithubApp) {}

  /** All threads of a pull request. */
  list(access: GithubRepoAccess, number: number): Promise<ReviewThreadFacts[]> {
    return repositoryCall(this.app, access, 'list review threads', async (octokit, at) => {
      const threads: ReviewThreadFacts[] = [];
      let after: string | null = null;
      for (let page = 0; page < MOST_PAGES; page++) {
        const answer: RawThreads = await understood('list review threads', () => octokit.graphql<RawThreads>(LIST, { ...at, number, after }));
        const found = answer.repository?.pullRequest?.reviewThreads;
        threads.push(...(found?.nodes ?? []).map(threadFacts));
        if (!found?.pageInfo.hasNextPage) return threads;
        after = found.pageInfo.endCursor;
      }
      throw new AppError(GITHUB_ERROR, 'GitHub has more review threads than are read.');
    });
  }

  /** Marks a thread as settled; one that is so already stays so. Needs the right to write contents, though it writes none. @throws {AppError} github_permission_missing */
  async resolve(access: GithubRepoAccess, threadId: string): Promise<void> {
    await repositoryCall(this.app, access, 'resolve a review thread', (octokit) => understood('resolve a review thread', () => octokit.graphql(RESOLVE, { threadId })));
  }
}

function threadFacts({ id, isResolved, isOutdated, resolvedBy, comments }: RawThread): ReviewThreadFacts {
  const first = comments.nodes[0]?.fullDatabaseId;
  return { nodeId: id, isResolved, isOutdated, resolvedBy: resolvedBy?.login ?? null, firstCommentId: first === null || first === undefined ? null : String(first) };
}

/** GraphQL says what went wrong in an answer of status 200. */
async function understood<T>(what: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const errors = graphqlErrors(error);
    if (errors === null) throw error;
    const words = redact(errors.map(({ message }) => message).join('; ')).slice(0, 300);
    const isForbidden = errors.some(({ type }) => type === 'FORBIDDEN');
    if (isForbidden) throw new AppError(GITHUB_PERMISSION_MISSING, `The GitHub App may not do this: ${words} (${what})`);
    throw new AppError(GITHUB_ERROR, `GitHub gave an error: ${words} (${what})`);
  }
}

function graphqlErrors(error: unknown): readonly { readonly type?: string; readonly message: string }[] | null {
  if (!(error instanceof Error) || error.name !== 'GraphqlResponseError') return null;
  return (error as { errors?: readonly { readonly type?: string; readonly message: string }[] }).errors ?? [];
}
