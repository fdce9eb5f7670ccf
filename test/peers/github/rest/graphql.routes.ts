import { mayDo } from '../auth/access';
import { ok, type Exchange, type Reply } from '../http/exchange';
import type { Route } from '../http/router';
import { readyPull } from '../merges';
import { findPull } from '../pulls';
import type { Repository } from '../repository';
import { lineToday } from '../reviews/places';
import type { Thread } from '../reviews/reviewing';
import { nodeId } from '../shapes/account';

const PAGE = 100;

/** The operations of GitHub's GraphQL API that REST has no like of: it knows no others. */
export const graphqlRoutes: readonly Route[] = [{ method: 'POST', path: '/graphql', auth: 'installation', handle: answer }];

type Variables = Readonly<Record<string, unknown>>;

/** Errors come with status 200. */
async function answer(exchange: Exchange): Promise<Reply> {
  const { query = '', variables = {} } = exchange.body as { query?: string; variables?: Variables };
  if (/\bresolveReviewThread\s*\(/.test(query)) return resolveThread(exchange, variables);
  if (/\bmarkPullRequestReadyForReview\s*\(/.test(query)) return markReady(exchange, variables);
  if (/\breviewThreads\s*\(/.test(query)) return listThreads(exchange, variables);
  return failed(null, 'The peer does not know this operation');
}

async function markReady({ state, caller }: Exchange, { id }: Variables): Promise<Reply> {
  for (const repository of state.repositories) {
    const pull = repository.pulls.find((one) => nodeId('PR', one.id) === id);
    if (!pull) continue;
    if (!mayDo(caller, repository, ['pull_requests', 'write'])) return failed('FORBIDDEN', 'Resource not accessible by integration');
    await readyPull(state, repository, pull);
    return ok({ data: { markPullRequestReadyForReview: { pullRequest: { id, isDraft: false } } } });
  }
  return failed('NOT_FOUND', `Could not resolve to a node with the global id of '${String(id)}'.`);
}

function resolveThread({ state, caller }: Exchange, { threadId }: Variables): Reply {
  for (const repository of state.repositories) {
    const thread = state.reviewing.of(repository).threads.find(({ nodeId }) => nodeId === threadId);
    if (!thread) continue;
    // The right to write pull requests alone is not enough, though nothing of the contents is written.
    if (!mayDo(caller, repository, ['contents', 'write']) || !mayDo(caller, repository, ['pull_requests', 'write'])) return failed('FORBIDDEN', 'Resource not accessible by integration');
    thread.resolvedBy ??= state.bot;
    return ok({ data: { resolveReviewThread: { thread: { id: thread.nodeId, isResolved: true } } } });
  }
  return failed('NOT_FOUND', `Could not resolve to a node with the global id of '${String(threadId)}'.`);
}

async function listThreads({ state, caller }: Exchange, { owner, repo, number, after }: Variables): Promise<Reply> {
  const repository = state.repository(String(owner), String(repo));
  const pull = repository && findPull(repository, String(number));
  if (!repository || !pull || !mayDo(caller, repository, ['pull_requests', 'read'])) return failed('NOT_FOUND', 'Could not resolve to a PullRequest.');
  const all = state.reviewing.of(repository).threads.filter((thread) => thread.number === pull.number);
  const from = typeof after === 'string' ? Number(after) : 0;
  const nodes = await Promise.all(all.slice(from, from + PAGE).map((thread) => nodeOf(repository, thread)));
  const hasNextPage = from + PAGE < all.length;
  return ok({ data: { repository: { pullRequest: { reviewThreads: { pageInfo: { hasNextPage, endCursor: hasNextPage ? String(from + PAGE) : null }, nodes } } } } });

  async function nodeOf(of: Repository, { nodeId, firstCommentId, resolvedBy }: Thread): Promise<Record<string, unknown>> {
    const first = state.reviewing.of(of).comments.find(({ id }) => id === firstCommentId);
    const isOutdated = first !== undefined && pull !== undefined && (await lineToday(of, pull, first)) === null;
    return { id: nodeId, isResolved: resolvedBy !== null, isOutdated, resolvedBy: resolvedBy && { login: resolvedBy.login }, comments: { nodes: first ? [{ fullDatabaseId: String(first.id) }] : [] } };
  }
}

function failed(type: string | null, message: string): Reply {
  return ok({ data: null, errors: [{ ...(type === null ? {} : { type }), message }] });
}
