// What tests and the quickstart ask of the peer about reviews and checks, below /__peer/.
import type { GithubState } from '../github-state';
import { sendCheck, sendRemark } from '../pull-events';
import { findPull } from '../pulls';
import { fullName, type Account, type Repository } from '../repository';
import { checkRunShape, checkSuiteShape, statusShape } from '../shapes/check';
import { reviewCommentShape } from '../shapes/review';
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

export async function addCheck(state: GithubState, { repository: name, sha, ...check }: NewCheck): Promise<object> {
  const repository = repositoryOf(state, name);
  const { runs, suites, statuses } = state.reviewing.of(repository);
  const id = repository.nextId++;
  const at = state.isoNow();
  const { status = check.conclusion ? 'completed' : 'queued', conclusion = null } = check;
  const action = status === 'completed' ? 'completed' : status === 'requested' ? 'requested' : 'created';
  if (check.context !== undefined) {
    const told = { id, sha, context: check.context, state: check.state ?? 'pending', at, targetUrl: null };
    statuses.push(told);
    await sendCheck(state, repository, { event: 'status', action: null, said: { ...statusShape(state, repository, told), sha, name, branches: [] }, sender: actions(state) });
  } else if (check.suite !== undefined) {
    const suite = { id, sha, appId: OTHER_APP, appName: check.suite, at, status, conclusion };
    suites.push(suite);
    await sendCheck(state, repository, { event: 'check_suite', action, said: { check_suite: await checkSuiteShape(state, repository, suite) }, sender: actions(state) });
  } else {
    const run = { id, sha, name: check.name ?? 'build', appId: OTHER_APP, externalId: '', startedAt: at, status, conclusion, completedAt: conclusion === null ? null : at, detailsUrl: null, output: { title: null, summary: null } };
    runs.push(run);
    await sendCheck(state, repository, { event: 'check_run', action, said: { check_run: checkRunShape(state, repository, run) }, sender: actions(state) });
  }
  return { id: String(id) };
}

/** Whom GitHub names as the sender of what its own runners report. */
function actions(state: GithubState): Account {
  return state.account('github-actions[bot]', 'Bot');
}

/** Everything that was said in a repository, with the comments below its pull requests. */
export function remarksOf(state: GithubState, name: string): object {
  const repository = repositoryOf(state, name);
  return { ...state.reviewing.of(repository), issueComments: repository.comments };
}

export async function resolveAs(state: GithubState, { repository: name, commentId, login }: { repository: string; commentId: string; login: string }): Promise<void> {
  const repository = repositoryOf(state, name);
  const { threads, comments } = state.reviewing.of(repository);
  const thread = threads.find(({ firstCommentId }) => String(firstCommentId) === commentId);
  if (!thread) throw new Error(`no thread begins with comment ${commentId}`);
  thread.resolvedBy = state.account(login);
  const [first, pull] = [comments.find(({ id }) => id === thread.firstCommentId), findPull(repository, String(thread.number))];
  if (!first || !pull) return;
  const said = { thread: { node_id: thread.nodeId, comments: [await reviewCommentShape(state, repository, pull, first)] } };
  await sendRemark(state, repository, pull, { event: 'pull_request_review_thread', action: 'resolved', said, sender: thread.resolvedBy });
}

async function replyAs(state: GithubState, { repository: name, commentId, login, body }: { repository: string; commentId: string; login: string; body: string }): Promise<object> {
  const repository = repositoryOf(state, name);
  const to = state.reviewing.of(repository).comments.find(({ id }) => String(id) === commentId);
  if (!to) throw new Error(`no comment ${commentId}`);
  const reply = addReply(state, repository, to, { user: state.account(login), body });
  const pull = findPull(repository, String(to.number));
  if (pull) await sendRemark(state, repository, pull, { event: 'pull_request_review_comment', action: 'created', said: { comment: await reviewCommentShape(state, repository, pull, reply) }, sender: reply.user });
  return { id: String(reply.id) };
}

function repositoryOf(state: GithubState, name: string): Repository {
  const found = state.repositories.find((repository) => fullName(repository).toLowerCase() === name.toLowerCase());
  if (!found) throw new Error(`no repository ${name}`);
  return found;
}
