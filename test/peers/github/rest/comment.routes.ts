import { created, ok, type Reply, type RepositoryExchange } from '../http/exchange';
import { page } from '../http/paging';
import { notFound } from '../http/refusal';
import type { Route } from '../http/router';
import type { GithubState } from '../github-state';
import { findPull } from '../pulls';
import { fullName, type Comment, type Repository } from '../repository';
import { accountShape, nodeId } from '../shapes/account';

const PATH = '/repos/{owner}/{repo}/issues/{issue_number}/comments';

const ONE = '/repos/{owner}/{repo}/issues/comments/{comment_id}';

/** Comments of pull requests; the peer has no other issues. */
export const commentRoutes: readonly Route[] = [
  { method: 'GET', path: PATH, auth: 'repository', permission: ['issues', 'read'], handle: listComments },
  { method: 'POST', path: PATH, auth: 'repository', permission: ['issues', 'write'], handle: createComment },
  { method: 'GET', path: ONE, auth: 'repository', permission: ['issues', 'read'], handle: (exchange) => ok(commentShape(exchange.state, exchange.repository, commentOf(exchange))) },
  { method: 'PATCH', path: ONE, auth: 'repository', permission: ['issues', 'write'], handle: updateComment },
  { method: 'DELETE', path: ONE, auth: 'repository', permission: ['issues', 'write'], handle: deleteComment },
];

function listComments(exchange: RepositoryExchange): Reply {
  const { state, repository } = exchange;
  const number = numberOf(exchange);
  const { items, headers } = page(exchange, repository.comments.filter((comment) => comment.number === number));
  return ok(items.map((comment) => commentShape(state, repository, comment)), headers);
}

function createComment(exchange: RepositoryExchange): Reply {
  const { state, repository, body } = exchange;
  const at = state.isoNow();
  const comment = { id: repository.nextId++, number: numberOf(exchange), user: state.bot, at, updatedAt: at, body: String(body.body) };
  repository.comments.push(comment);
  return created(commentShape(state, repository, comment));
}

function updateComment(exchange: RepositoryExchange): Reply {
  const { state, repository, body } = exchange;
  const comment = commentOf(exchange);
  comment.body = String(body.body);
  comment.updatedAt = state.isoNow();
  return ok(commentShape(state, repository, comment));
}

function deleteComment(exchange: RepositoryExchange): Reply {
  const { comments } = exchange.repository;
  comments.splice(comments.indexOf(commentOf(exchange)), 1);
  return { status: 204 };
}

function commentOf({ repository, params }: RepositoryExchange): Comment {
  const comment = repository.comments.find(({ id }) => String(id) === params.comment_id);
  if (!comment) throw notFound();
  return comment;
}

function numberOf({ state, repository, params }: RepositoryExchange): number {
  const found = findPull(repository, params.issue_number ?? '') ?? state.issues.find(repository, params.issue_number ?? '');
  if (!found) throw notFound();
  return found.number;
}

/** GitHub's `issue-comment`. */
export function commentShape({ url }: GithubState, repository: Repository, { id, number, user, at, updatedAt, body }: Comment): Record<string, unknown> {
  const api = `${url}/api/v3/repos/${fullName(repository)}/issues`;
  return {
    id, node_id: nodeId('IC', id), url: `${api}/comments/${id}`, html_url: `${url}/${fullName(repository)}/pull/${number}#issuecomment-${id}`, issue_url: `${api}/${number}`, body,
    user: accountShape(user, url), created_at: at, updated_at: updatedAt, author_association: 'CONTRIBUTOR',
  };
}
