import { AppError, redact } from '@app/common';
import { RequestError, type Octokit } from 'octokit';
import type { GithubApp } from '../github-app';
import type { GithubRepoAccess } from '../github-pull-request';
import { GITHUB_ERROR, GITHUB_VALIDATION_FAILED, githubError, statusOf } from '../github.errors';

/** More than this many pages of a list are not read: that they are not all known is an error, never a short list. */
const MOST_PAGES = 50;
const WORDS = 500;

export interface RepositoryAddress {
  readonly owner: string;
  readonly repo: string;
}

/** One call about a repository, in the queue of its writes. @throws {AppError} those of `githubError`; github_validation_failed with GitHub's words */
export async function repositoryCall<T>(app: GithubApp, access: GithubRepoAccess, what: string, call: (octokit: Octokit, at: RepositoryAddress) => Promise<T>): Promise<T> {
  const [owner = '', repo = ''] = access.fullName.split('/');
  try {
    return await call(app.octokitFor(access.token, `pulls:${access.fullName}`), { owner, repo });
  } catch (error) {
    if (statusOf(error) === 422) throw new AppError(GITHUB_VALIDATION_FAILED, `GitHub refused to ${what}: ${wordsOf(error)}`);
    throw githubError(error, what);
  }
}

/** Everything of a list, page after page. @throws {AppError} github_error when it does not end */
export async function allPages<Row>(pages: AsyncIterable<{ readonly data: unknown }>, rowsOf: (data: unknown) => readonly Row[] = (data) => data as Row[]): Promise<Row[]> {
  const rows: Row[] = [];
  let count = 0;
  for await (const { data } of pages) {
    rows.push(...rowsOf(data));
    if (++count >= MOST_PAGES) throw new AppError(GITHUB_ERROR, `GitHub's list has more than ${MOST_PAGES} pages.`);
  }
  return rows;
}

/** GitHub's ids may be beyond what a number holds: they are text here. Octokit's types want numbers, its addresses take both. */
export function idInPath(id: string): number {
  if (!/^\d{1,19}$/.test(id)) throw new Error(`not an id of GitHub: ${id.slice(0, 40)}`);
  return id as unknown as number;
}

/** What GitHub says is wrong: its message and its list of errors, which holds texts or objects. */
function wordsOf(error: unknown): string {
  if (!(error instanceof RequestError)) return 'its input is not valid.';
  const { message = '', errors } = (error.response?.data ?? {}) as { message?: string; errors?: unknown };
  const list = Array.isArray(errors) ? errors.map((one) => (typeof one === 'string' ? one : JSON.stringify(one))) : [];
  return redact([message, ...list].join('; ')).slice(0, WORDS);
}
