import { findingComment, findingOfComment, reviewBody, reviewMarker, ReviewDiff, type RatedFinding, type Selection } from '@app/agent';
import { AppError } from '@app/common';
import { PullRequestReviewStore, ReviewFindingMoves, ReviewHistory, type EffectRow, type SurfacedFinding } from '@app/domain';
import { GithubPullRequests, GithubReviews, type GithubRepoAccess, type NewReviewComment, type ReviewFacts } from '@app/github';
import { Injectable } from '@nestjs/common';
import { PublishRecords, type Effect } from '../publishing/publish-records';
import { toPost, withPosted, type PostStep } from './review-request';

/** What was posted; null: another task has this commit. */
export type PostedReview = { readonly selection: Selection } | null;

/** Rows that a posted review is kept in. */
@Injectable()
export class ReviewRows {
  constructor(
    readonly records: PublishRecords,
    readonly moves: ReviewFindingMoves,
    readonly history: ReviewHistory,
    readonly reviews: PullRequestReviewStore,
  ) {}
}

/** Posts the one review of a commit: intent, look, post, record. Without a comment there is nothing to post. */
@Injectable()
export class ReviewStep {
  constructor(
    private readonly rows: ReviewRows,
    private readonly reviews: GithubReviews,
    private readonly pulls: GithubPullRequests,
  ) {}

  async post(step: PostStep): Promise<PostedReview> {
    const { subject, review: { diff }, briefing: { attempt } } = step;
    const { headSha } = diff.range;
    const effect: Effect = { kind: 'review', key: `review-${attempt.taskId}-${headSha}`, name: `review of pull request ${subject.pull.number} at ${headSha.slice(0, 12)}` };
    const row = await this.claim(step, effect);
    if (row === null) return null;
    if (row.status === 'done') return { selection: withPosted(step.selection, idsIn(row)) };
    step.crash('review-before');
    const found = await this.findOrPost(step);
    step.crash('review-after');
    const ids = new Map(found === null ? [] : await this.commentsOf(step, found));
    const selection = withPosted(step.selection, new Set(ids.keys()));
    await this.record(step, effect, { found, ids, selection });
    return { selection };
  }

  /** Null: another task has the commit. */
  private claim({ subject, review: { diff }, briefing: { attempt } }: PostStep, effect: Effect): Promise<EffectRow | null> {
    const { records, history } = this.rows;
    const { headSha } = diff.range;
    return records.write(attempt, async (tx) => {
      const known = await records.stores.effects.find(tx, effect.key);
      const about = { organizationId: attempt.organizationId, pullRequestId: subject.pullRequestId, taskId: attempt.taskId, headSha };
      if (known?.status !== 'done' && (await history.isTaken(tx, about))) return null;
      if (known === null) await records.append(tx, attempt, { type: 'effect.intended', data: { kind: effect.kind, name: effect.name } });
      return records.stores.effects.intend(tx, { taskId: attempt.taskId, attemptId: attempt.attemptId, kind: effect.kind, key: effect.key, intent: { headSha, pullRequestId: subject.pullRequestId, number: subject.pull.number } });
    });
  }

  /** The review that an earlier run posted, or a new one; null: there is nothing to say on lines. A list that cannot be read stops here: it is unknown, not empty. */
  private async findOrPost(step: PostStep): Promise<ReviewFacts | null> {
    const { access, subject, review: { diff }, selection } = step;
    const marker = reviewMarker(diff.range.headSha);
    const posted = (await this.reviews.list(access, subject.pull.number)).find(({ body }) => body.includes(marker));
    if (posted) return posted;
    return selection.inline.length === 0 ? null : this.create(step, selection.inline);
  }

  /** One bad line and the forge refuses all: what is bad by its own diff is left out, then everything. */
  private async create(step: PostStep, wanted: readonly RatedFinding[]): Promise<ReviewFacts | null> {
    const first = await this.tryCreate(step, wanted);
    if (first) return first;
    const good = await this.onForgesDiff(step, wanted);
    return good.length === 0 || good.length === wanted.length ? null : this.tryCreate(step, good);
  }

  /** Null: GitHub does not take it. */
  private async tryCreate(step: PostStep, findings: readonly RatedFinding[]): Promise<ReviewFacts | null> {
    const { access, subject, review: { diff }, selection, secrets } = step;
    const body = reviewBody(toPost({ ...step, selection: { ...selection, inline: findings } }));
    const comments = findings.map((finding) => ({ ...placeOf(finding), body: findingComment(finding, secrets) }));
    try {
      return await this.reviews.create(access, subject.pull.number, { commitSha: diff.range.headSha, event: 'COMMENT', body, comments });
    } catch (error) {
      if (error instanceof AppError && error.code === 'github_validation_failed') return null;
      throw error;
    }
  }

  private async onForgesDiff({ access, subject, review: { diff } }: PostStep, findings: readonly RatedFinding[]): Promise<RatedFinding[]> {
    const files = await this.pulls.allFiles(access, subject.pull.number);
    const patch = files.flatMap(({ path, previousPath, patch: text }) => (text === null ? [] : [`diff --git a/${previousPath ?? path} b/${path}\n--- a/${previousPath ?? path}\n+++ b/${path}\n${text}\n`])).join('');
    const theirs = new ReviewDiff(patch, diff.range);
    return findings.filter((finding) => isOnDiff(finding, theirs));
  }

  /** Which remark became which comment: by the marker in it. */
  private async commentsOf({ access, subject, selection }: PostStep, { id }: ReviewFacts): Promise<(readonly [findingId: string, commentId: string])[]> {
    const comments = await commentsOfReview(this.reviews, access, { number: subject.pull.number, reviewId: id });
    const findings = new Map([...selection.inline, ...selection.standing].map((finding) => [finding.fingerprint, finding.id]));
    return comments.flatMap((comment) => {
      const finding = findings.get(findingOfComment(comment.body) ?? '');
      return finding === undefined ? [] : [[finding, comment.id] as const];
    });
  }

  private async record({ subject, briefing: { attempt } }: PostStep, effect: Effect, { found, ids, selection }: { found: ReviewFacts | null; ids: ReadonlyMap<string, string>; selection: Selection }): Promise<void> {
    const { records, moves, reviews } = this.rows;
    const { organizationId } = attempt;
    const headSha = String(effect.key.split('-').at(-1));
    await records.write(attempt, async (tx) => {
      const isNew = await records.stores.effects.done(tx, effect.key, { headSha, reviewId: found?.id ?? null, posted: [...ids.keys()] });
      await moves.surface(tx, organizationId, surfacedIn(selection, ids));
      if (found) await reviews.mirror(tx, subject.pullRequestId, { githubReviewId: found.id, nodeId: found.nodeId, reviewerLogin: found.authorLogin, state: found.state, body: found.body, commitSha: found.commitSha, url: found.url, submittedAt: found.submittedAt, updatedAt: null, taskId: attempt.taskId });
      if (isNew) await records.append(tx, attempt, { type: 'effect.done', data: { kind: effect.kind, name: effect.name, outcome: found ? 'done' : 'nothing to post', headSha, number: subject.pull.number, ...(found ? { url: found.url } : {}) } });
    });
  }
}

/** Whether the forge takes a comment there. */
export function isOnDiff({ file, side, startLine, endLine }: RatedFinding, diff: ReviewDiff): boolean {
  return endLine !== null && diff.linesOf(file, side, startLine ?? endLine, endLine) !== null;
}

function placeOf({ file, side, startLine, endLine }: RatedFinding): Omit<NewReviewComment, 'body'> {
  return { path: file, side, line: endLine ?? 1, startLine };
}

async function commentsOfReview(reviews: GithubReviews, access: GithubRepoAccess, { number, reviewId }: { number: number; reviewId: string }) {
  return (await reviews.comments(access, number)).filter((comment) => comment.reviewId === reviewId);
}

function surfacedIn({ inline, standing, summary, suppressed }: Selection, ids: ReadonlyMap<string, string>): SurfacedFinding[] {
  return [
    ...[...inline, ...standing].map(({ id }) => ({ id, surfaced: 'inline' as const, ...(ids.has(id) ? { githubCommentId: ids.get(id) } : {}) })),
    ...summary.map(({ finding: { id } }) => ({ id, surfaced: 'summary' as const })),
    ...suppressed.map(({ finding: { id } }) => ({ id, surfaced: 'suppressed' as const })),
  ];
}

function idsIn({ result }: EffectRow): Set<string> {
  const posted = result?.['posted'];
  return new Set(Array.isArray(posted) ? posted.filter((id) => typeof id === 'string') : []);
}
