import type { GithubState } from '../github-state';
import { Refusal } from '../http/refusal';
import type { Account, PullRequest, Repository } from '../repository';
import { nodeId } from '../shapes/account';
import { hunkAt, hunksOf } from './places';
import type { Review, ReviewComment, Side } from './reviewing';

/** A refusal whose `errors` are plain texts, as those of reviews are. */
export class Unprocessable extends Refusal {
  constructor(private readonly words: readonly string[]) {
    super(422, 'Unprocessable Entity');
  }

  override body(): unknown {
    return { message: this.message, errors: this.words, documentation_url: 'https://docs.github.com/rest', status: '422' };
  }
}

/** A place as a request names it. */
export interface WantedPlace {
  readonly path: string;
  readonly line?: number;
  readonly side?: string;
  readonly start_line?: number;
  readonly start_side?: string;
  readonly subject_type?: string;
}

/** @throws {Unprocessable} for a place that is not in the diff; the words do not say which comment was meant */
export async function placeOf(repository: Repository, pull: PullRequest, commit: string, wanted: WantedPlace): Promise<Pick<ReviewComment, 'path' | 'line' | 'startLine' | 'side' | 'diffHunk'>> {
  const { path } = wanted;
  const side = sideOf(wanted.side);
  const hunks = await hunksOf(repository, pull, commit, path);
  if (hunks === null) throw new Unprocessable(['Path could not be resolved']);
  if (wanted.subject_type === 'file') return { path, line: null, startLine: null, side, diffHunk: '' };
  const { line, start_line: startLine } = wanted;
  const hunk = typeof line === 'number' ? hunkAt(hunks, side, line) : undefined;
  if (!hunk || line === undefined) throw new Unprocessable(['Line could not be resolved']);
  if (startLine !== undefined && startLine >= line) throw new Unprocessable(['Start line must precede the end line.']);
  if (startLine !== undefined && hunkAt(hunks, sideOf(wanted.start_side), startLine) !== hunk) throw new Unprocessable(['Pull request review thread start line must be part of the same hunk as the line.']);
  return { path, line, startLine: startLine ?? null, side, diffHunk: hunk.text.split('\n').slice(0, 20).join('\n') };
}

function sideOf(side: string | undefined): Side {
  return side === 'LEFT' ? 'LEFT' : 'RIGHT';
}

interface NewComment extends Pick<ReviewComment, 'path' | 'line' | 'startLine' | 'side' | 'diffHunk' | 'commitId' | 'body' | 'user'> {
  readonly review: Review;
  readonly inReplyTo?: bigint;
}

export function addReview(state: GithubState, repository: Repository, review: Pick<Review, 'number' | 'user' | 'state' | 'commitId' | 'body'>): Review {
  const added = { ...review, id: repository.nextId++, submittedAt: state.isoNow() };
  state.reviewing.of(repository).reviews.push(added);
  return added;
}

/** A comment; one that answers none opens a thread. */
export function addComment(state: GithubState, repository: Repository, { review, inReplyTo, ...comment }: NewComment): ReviewComment {
  const { comments, threads } = state.reviewing.of(repository);
  const at = state.isoNow();
  const added: ReviewComment = { ...comment, id: repository.nextId++, number: review.number, reviewId: review.id, inReplyTo: inReplyTo ?? null, at, updatedAt: at };
  comments.push(added);
  if (inReplyTo === undefined) threads.push({ nodeId: nodeId('PRRT', added.id), number: review.number, firstCommentId: added.id, resolvedBy: null });
  return added;
}

/** A person's answer in the thread of a comment. */
export function addReply(state: GithubState, repository: Repository, to: ReviewComment, { user, body }: { user: Account; body: string }): ReviewComment {
  const review = addReview(state, repository, { number: to.number, user, state: 'COMMENTED', commitId: to.commitId, body: '' });
  const { path, line, startLine, side, diffHunk, commitId } = to;
  return addComment(state, repository, { path, line, startLine, side, diffHunk, commitId, body, user, review, inReplyTo: to.inReplyTo ?? to.id });
}
