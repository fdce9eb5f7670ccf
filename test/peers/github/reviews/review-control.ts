// What tests and the quickstart ask of the peer about reviews and checks, below /__peer/.
import type { GithubState } from '../github-state';
import { fullName, type Repository } from '../repository';
import { commitAs, openPullAs, type NewCommit, type NewPull } from './people';
import { addReply } from './write';

interface Call {
  readonly state: GithubState;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

/** A check of a commit that somebody else reports: a run, a commit status (`context`), or a suite that was not let run (`suite`). */
export interface NewCheck {
  readonly repository: string;
  readonly sha: string;
  readonly name?: string;
  readonly context?: string;
  readonly suite?: string;
  readonly status?: string;
  readonly conclusion?: string | null;
  readonly state?: string;
}

const OTHER_APP = 15_368;

export const REVIEW_CONTROL: Readonly<Record<string, (call: Call) => unknown>> = {
  'POST /__peer/checks': ({ state, body }) => addCheck(state, body as NewCheck),
  'GET /__peer/reviews': ({ state, query }) => remarksOf(state, query.get('repository') ?? ''),
  'POST /__peer/threads/resolve': ({ state, body }) => resolveAs(state, body as { repository: string; commentId: string; login: string }),
  'POST /__peer/commits': async ({ state, body }) => ({ sha: await commitAs(state, repositoryOf(state, (body as { repository: string }).repository), body as NewCommit) }),
  'POST /__peer/pulls': ({ state, body }) => openPullAs(state, repositoryOf(state, (body as { repository: string }).repository), body as NewPull),
  'POST /__peer/replies': ({ state, body }) => replyAs(state, body as { repository: string; commentId: string; login: string; body: string }),
};

export function addCheck(state: GithubState, { repository: name, sha, ...check }: NewCheck): object {
  const repository = repositoryOf(state, name);
  const { runs, suites, statuses } = state.reviewing.of(repository);
  const id = repository.nextId++;
  const at = state.isoNow();
  const { status = check.conclusion ? 'completed' : 'queued', conclusion = null } = check;
  if (check.context !== undefined) statuses.push({ id, sha, context: check.context, state: check.state ?? 'pending', at, targetUrl: null });
  else if (check.suite !== undefined) suites.push({ id, sha, appId: OTHER_APP, appName: check.suite, at, status, conclusion });
  else runs.push({ id, sha, name: check.name ?? 'build', appId: OTHER_APP, externalId: '', startedAt: at, status, conclusion, completedAt: conclusion === null ? null : at, detailsUrl: null, output: { title: null, summary: null } });
  return { id: String(id) };
}

/** Everything that was said in a repository, with the comments below its pull requests. */
export function remarksOf(state: GithubState, name: string): object {
  const repository = repositoryOf(state, name);
  return { ...state.reviewing.of(repository), issueComments: repository.comments };
}

export function resolveAs(state: GithubState, { repository: name, commentId, login }: { repository: string; commentId: string; login: string }): void {
  const thread = state.reviewing.of(repositoryOf(state, name)).threads.find(({ firstCommentId }) => String(firstCommentId) === commentId);
  if (!thread) throw new Error(`no thread begins with comment ${commentId}`);
  thread.resolvedBy = state.account(login);
}

function replyAs(state: GithubState, { repository: name, commentId, login, body }: { repository: string; commentId: string; login: string; body: string }): object {
  const repository = repositoryOf(state, name);
  const to = state.reviewing.of(repository).comments.find(({ id }) => String(id) === commentId);
  if (!to) throw new Error(`no comment ${commentId}`);
  return { id: String(addReply(state, repository, to, { user: state.account(login), body }).id) };
}

function repositoryOf(state: GithubState, name: string): Repository {
  const found = state.repositories.find((repository) => fullName(repository).toLowerCase() === name.toLowerCase());
  if (!found) throw new Error(`no repository ${name}`);
  return found;
}
