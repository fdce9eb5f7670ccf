import type { Reply, RepositoryExchange } from './http/exchange';
import { findPull } from './pulls';
import { sendCheck, sendIssueComment, sendPull, sendRemark } from './pull-events';
import type { PullRequest } from './repository';
import { reviewCommentShape } from './shapes/review';

type Shape = Readonly<Record<string, unknown>>;
type Tell = (exchange: RepositoryExchange, said: Shape) => Promise<void>;

const REPOSITORY = '/repos/{owner}/{repo}';

/** What the webhook is told after calls of the API, by operation. What moves pull requests tells of it by itself. */
const TELLS: Readonly<Record<string, Tell>> = {
  [`PATCH ${REPOSITORY}/pulls/{pull_number}`]: edited,
  [`POST ${REPOSITORY}/pulls/{pull_number}/reviews`]: reviewed,
  [`POST ${REPOSITORY}/pulls/{pull_number}/comments`]: remarked,
  [`POST ${REPOSITORY}/pulls/{pull_number}/comments/{comment_id}/replies`]: remarked,
  [`POST ${REPOSITORY}/issues/{issue_number}/comments`]: (exchange, comment) => commented(exchange, comment, 'created'),
  [`PATCH ${REPOSITORY}/issues/comments/{comment_id}`]: (exchange, comment) => commented(exchange, comment, 'edited'),
  [`POST ${REPOSITORY}/check-runs`]: (exchange, run) => checked(exchange, run, 'created'),
  [`PATCH ${REPOSITORY}/check-runs/{check_run_id}`]: (exchange, run) => checked(exchange, run, run.status === 'completed' ? 'completed' : 'created'),
};

/** Tells the webhook what a call that went well has done. */
export async function tellOfCall(operation: string, exchange: RepositoryExchange, reply: Reply): Promise<void> {
  const tell = TELLS[operation];
  if (!tell || exchange.state.webhooks.url === null || reply.status >= 300) return;
  await tell(exchange, reply.body as Shape);
}

async function edited({ state, repository, params, body }: RepositoryExchange): Promise<void> {
  const pull = findPull(repository, params.pull_number ?? '');
  const changes = Object.fromEntries(['title', 'body', 'base'].filter((field) => body[field] !== undefined).map((field) => [field, { from: '' }]));
  if (pull && Object.keys(changes).length > 0) await sendPull(state, repository, pull, { action: 'edited', changes });
}

async function reviewed(exchange: RepositoryExchange, review: Shape): Promise<void> {
  const { state, repository } = exchange;
  const pull = pullIn(exchange);
  if (!pull) return;
  await sendRemark(state, repository, pull, { event: 'pull_request_review', action: 'submitted', said: { review: { ...review, state: String(review.state).toLowerCase() } } });
  for (const comment of state.reviewing.of(repository).comments.filter(({ reviewId }) => String(reviewId) === String(review.id))) await remarked(exchange, await reviewCommentShape(state, repository, pull, comment));
}

async function remarked(exchange: RepositoryExchange, comment: Shape): Promise<void> {
  const pull = pullIn(exchange);
  if (pull) await sendRemark(exchange.state, exchange.repository, pull, { event: 'pull_request_review_comment', action: 'created', said: { comment } });
}

async function commented({ state, repository }: RepositoryExchange, comment: Shape, action: string): Promise<void> {
  const pull = findPull(repository, String(comment.issue_url).split('/').at(-1) ?? '');
  if (pull) await sendIssueComment(state, repository, pull, { action, comment, ...(action === 'edited' ? { changes: { body: { from: '' } } } : {}) });
}

function checked({ state, repository }: RepositoryExchange, run: Shape, action: string): Promise<void> {
  return sendCheck(state, repository, { event: 'check_run', action, said: { check_run: run } });
}

function pullIn({ repository, params }: RepositoryExchange): PullRequest | undefined {
  return findPull(repository, params.pull_number ?? '');
}
