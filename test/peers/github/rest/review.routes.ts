import { created, ok, type Reply, type RepositoryExchange } from '../http/exchange';
import { page } from '../http/paging';
import { notFound } from '../http/refusal';
import type { Route } from '../http/router';
import { findPull } from '../pulls';
import type { PullRequest } from '../repository';
import type { Review, ReviewComment } from '../reviews/reviewing';
import { addComment, addReply, addReview, placeOf, Unprocessable, type WantedPlace } from '../reviews/write';
import { reviewCommentShape, reviewShape } from '../shapes/review';

const READ = ['pull_requests', 'read'] as const;
const WRITE = ['pull_requests', 'write'] as const;
const PULL = '/repos/{owner}/{repo}/pulls/{pull_number}';
const STATES = { COMMENT: 'COMMENTED', APPROVE: 'APPROVED', REQUEST_CHANGES: 'CHANGES_REQUESTED' } as const;

export const reviewRoutes: readonly Route[] = [
  { method: 'GET', path: `${PULL}/reviews`, auth: 'repository', permission: READ, handle: listReviews },
  { method: 'POST', path: `${PULL}/reviews`, auth: 'repository', permission: WRITE, handle: createReview },
  { method: 'GET', path: `${PULL}/reviews/{review_id}`, auth: 'repository', permission: READ, handle: getReview },
  { method: 'GET', path: `${PULL}/comments`, auth: 'repository', permission: READ, handle: listComments },
  { method: 'POST', path: `${PULL}/comments`, auth: 'repository', permission: WRITE, handle: createComment },
  { method: 'POST', path: `${PULL}/comments/{comment_id}/replies`, auth: 'repository', permission: WRITE, handle: createReply },
  { method: 'GET', path: '/repos/{owner}/{repo}/pulls/comments/{comment_id}', auth: 'repository', permission: READ, handle: getComment },
];

function listReviews(exchange: RepositoryExchange): Reply {
  const { state, repository } = exchange;
  const { number } = pullOf(exchange);
  const { items, headers } = page(exchange, state.reviewing.of(repository).reviews.filter((review) => review.number === number));
  return ok(items.map((review) => reviewShape(state, repository, review)), headers);
}

/** Every comment on a line of the diff, or nothing at all is posted. @throws {Unprocessable} */
async function createReview(exchange: RepositoryExchange): Promise<Reply> {
  const { state, repository, body } = exchange;
  const pull = pullOf(exchange);
  const event = (body.event ?? 'PENDING') as keyof typeof STATES;
  const comments = (body.comments ?? []) as readonly (WantedPlace & { readonly body: string })[];
  const text = typeof body.body === 'string' ? body.body : '';
  checkEvent(event, { isOwn: pull.user.login === state.bot.login, isEmpty: text === '' && comments.length === 0 });
  const commitId = await commitOf(exchange, pull);
  const places = [];
  for (const comment of comments) places.push({ ...(await placeOf(repository, pull, commitId, comment)), body: comment.body });
  const review = addReview(state, repository, { number: pull.number, user: state.bot, state: STATES[event], commitId, body: text });
  for (const place of places) addComment(state, repository, { ...place, commitId, user: state.bot, review });
  return ok(reviewShape(state, repository, review));
}

/** @throws {Unprocessable} */
function checkEvent(event: string, { isOwn, isEmpty }: { isOwn: boolean; isEmpty: boolean }): void {
  if (!(event in STATES)) throw new Unprocessable(['Pending reviews are not kept here']);
  if (event !== 'COMMENT' && isOwn) throw new Unprocessable([`Can not ${event === 'APPROVE' ? 'approve' : 'request changes on'} your own pull request`]);
  if (event !== 'APPROVE' && isEmpty) throw new Unprocessable(['Body can not be blank']);
}

function getReview(exchange: RepositoryExchange): Reply {
  const { state, repository, params } = exchange;
  const { number } = pullOf(exchange);
  const review = state.reviewing.of(repository).reviews.find((one: Review) => one.number === number && String(one.id) === params.review_id);
  if (!review) throw notFound();
  return ok(reviewShape(state, repository, review));
}

async function listComments(exchange: RepositoryExchange): Promise<Reply> {
  const { state, repository } = exchange;
  const pull = pullOf(exchange);
  const { items, headers } = page(exchange, state.reviewing.of(repository).comments.filter((comment) => comment.number === pull.number));
  return ok(await Promise.all(items.map((comment) => reviewCommentShape(state, repository, pull, comment))), headers);
}

async function createComment(exchange: RepositoryExchange): Promise<Reply> {
  const { state, repository, body } = exchange;
  const pull = pullOf(exchange);
  const commitId = await commitOf(exchange, pull);
  const place = await placeOf(repository, pull, commitId, body as unknown as WantedPlace);
  const review = addReview(state, repository, { number: pull.number, user: state.bot, state: 'COMMENTED', commitId, body: '' });
  const comment = addComment(state, repository, { ...place, commitId, body: String(body.body), user: state.bot, review });
  return created(await reviewCommentShape(state, repository, pull, comment));
}

async function createReply(exchange: RepositoryExchange): Promise<Reply> {
  const { state, repository, body } = exchange;
  const pull = pullOf(exchange);
  const reply = addReply(state, repository, commentOf(exchange, pull), { user: state.bot, body: String(body.body) });
  return created(await reviewCommentShape(state, repository, pull, reply));
}

async function getComment(exchange: RepositoryExchange): Promise<Reply> {
  const { state, repository } = exchange;
  const comment = commentOf(exchange, null);
  const pull = findPull(repository, String(comment.number));
  if (!pull) throw notFound();
  return ok(await reviewCommentShape(state, repository, pull, comment));
}

function commentOf({ state, repository, params }: RepositoryExchange, pull: PullRequest | null): ReviewComment {
  const comment = state.reviewing.of(repository).comments.find((one) => String(one.id) === params.comment_id && (pull === null || one.number === pull.number));
  if (!comment) throw notFound();
  return comment;
}

/** The commit that a request names, which must be one of the pull request; absent: its head. @throws {Unprocessable} */
async function commitOf({ repository, body }: RepositoryExchange, { baseSha, headSha }: PullRequest): Promise<string> {
  const wanted = body.commit_id;
  if (wanted === undefined || wanted === headSha) return headSha;
  const commits = (await repository.git.git(['rev-list', `${baseSha}..${headSha}`])).split('\n');
  if (typeof wanted !== 'string' || !commits.includes(wanted)) throw new Unprocessable(['Commit is not part of the pull request']);
  return wanted;
}

function pullOf({ repository, params }: RepositoryExchange): PullRequest {
  const pull = findPull(repository, params.pull_number ?? '');
  if (!pull) throw notFound();
  return pull;
}
