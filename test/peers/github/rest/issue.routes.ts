import { created, ok, type Reply, type RepositoryExchange } from '../http/exchange';
import { page } from '../http/paging';
import { notFound } from '../http/refusal';
import type { Route } from '../http/router';
import type { Issue, Reaction } from '../issues';
import { findPull } from '../pulls';
import { accountShape, nodeId } from '../shapes/account';
import { issueShape, labelShape } from '../shapes/issue';

const READ = ['issues', 'read'] as const;
const WRITE = ['issues', 'write'] as const;
const PATH = '/repos/{owner}/{repo}/issues';
const LOGS = '/repos/{owner}/{repo}/actions/jobs/{job_id}/logs';

/** Issues, reactions, and the logs of jobs. */
export const issueRoutes: readonly Route[] = [
  { method: 'GET', path: `${PATH}/{issue_number}`, auth: 'repository', permission: READ, handle: (exchange) => ok(issueShape(exchange.state, exchange.repository, issueOf(exchange))) },
  { method: 'GET', path: `${PATH}/{issue_number}/labels`, auth: 'repository', permission: READ, handle: listLabels },
  { method: 'POST', path: `${PATH}/{issue_number}/reactions`, auth: 'repository', permission: WRITE, handle: (exchange) => react(exchange, `issues/${numberOf(exchange)}`) },
  { method: 'POST', path: `${PATH}/comments/{comment_id}/reactions`, auth: 'repository', permission: WRITE, handle: (exchange) => react(exchange, `issues/comments/${commentOf(exchange)}`) },
  { method: 'POST', path: '/repos/{owner}/{repo}/pulls/comments/{comment_id}/reactions', auth: 'repository', permission: ['pull_requests', 'write'], handle: (exchange) => react(exchange, `pulls/comments/${exchange.params.comment_id ?? ''}`) },
  { method: 'GET', path: LOGS, auth: 'repository', permission: ['actions', 'read'], handle: jobLog },
];

function listLabels(exchange: RepositoryExchange): Reply {
  const { items, headers } = page(exchange, issueOf(exchange).labels);
  return ok(items.map((name) => labelShape(exchange.state, exchange.repository, name)), headers);
}

/** The same reaction of the same account again is the one that is there: 200, not 201. */
function react({ state, repository, body }: RepositoryExchange, place: string): Reply {
  const { reactions } = state.issues.of(repository);
  const content = String(body.content);
  const before = reactions.find((one) => one.place === place && one.content === content && one.user.id === state.bot.id);
  if (before) return ok(reactionShape(state.url, before));
  const reaction: Reaction = { id: repository.nextId++, place, user: state.bot, content, at: state.isoNow() };
  reactions.push(reaction);
  return created(reactionShape(state.url, reaction));
}

/** GitHub sends readers on to where the log lies. */
function jobLog({ state, repository, params }: RepositoryExchange): Reply {
  const text = state.issues.of(repository).logs.get(params.job_id ?? '');
  if (text === undefined) throw notFound();
  return { status: 200, text, contentType: 'text/plain; charset=utf-8' };
}

function numberOf({ state, repository, params }: RepositoryExchange): number {
  const number = params.issue_number ?? '';
  const found = findPull(repository, number) ?? state.issues.find(repository, number);
  if (!found) throw notFound();
  return found.number;
}

/** Comments of tests need not be there as rows: what a webhook told of is enough. */
function commentOf({ params }: RepositoryExchange): string {
  return params.comment_id ?? '';
}

function issueOf({ state, repository, params }: RepositoryExchange): Issue {
  const issue = state.issues.find(repository, params.issue_number ?? '');
  if (!issue) throw notFound();
  return issue;
}

function reactionShape(url: string, { id, user, content, at }: Reaction): Record<string, unknown> {
  return { id, node_id: nodeId('REA', id), user: accountShape(user, url), content, created_at: at };
}
