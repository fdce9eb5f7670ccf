import { AppError, notFound } from '@app/common';
import { GithubConnectionStore, PullRequestCommentStore, recordAudit, UnitOfWork } from '@app/domain';
import { type ChangedFile, GITHUB_VALIDATION_FAILED, GithubComments, GithubPullRequests, type GithubRepoAccess, GithubReviews, type NewReviewComment, type ReviewCommentFacts } from '@app/github';
import { Injectable } from '@nestjs/common';
import type { Principal } from '../auth/principal';
import type { IdempotentCall } from '../http/idempotency/idempotent-call';
import { misplaced, type WantedLines } from './diff-lines';
import { CommentResponse, ReviewResponse } from './dto/pull-request.response';
import type { CommentDto, ReviewCommentDto, ReviewDto } from './dto/pull-request-write.dto';
import { GithubDoors } from './github-doors';
import { intendAtGithub } from './intended-at-github';
import type { ReachedPullRequest } from './pull-request-access';
import { PullRequestMirror } from './pull-request-mirror';
import { hiddenName, withHiddenName, writtenOnce } from './written-once';

/** GitHub's ways of saying something about a pull request. */
@Injectable()
export class GithubSpeech {
  constructor(
    readonly pulls: GithubPullRequests,
    readonly reviews: GithubReviews,
    readonly comments: GithubComments,
  ) {}
}

/** What our rows know of who said what. */
@Injectable()
export class SpeechRows {
  constructor(
    readonly comments: PullRequestCommentStore,
    readonly connections: GithubConnectionStore,
    readonly mirror: PullRequestMirror,
  ) {}
}

const PERMISSIONS = { pull_requests: 'write', issues: 'write' } as const;

/** Says something about a pull request, as the App, once for each call. */
@Injectable()
export class PullRequestRemarks {
  constructor(
    private readonly doors: GithubDoors,
    private readonly github: GithubSpeech,
    private readonly rows: SpeechRows,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** @throws {AppError} github_validation_failed, with a pointer to what cannot be posted, before GitHub is asked where that is known */
  async review(principal: Principal, reached: ReachedPullRequest, dto: ReviewDto & { readonly event: NonNullable<ReviewDto['event']> }, call: IdempotentCall | null): Promise<ReviewResponse> {
    await this.requireMayJudge(principal, reached, dto);
    const { pull, repo } = reached;
    await this.intend(reached, { action: 'reviewed', event: dto.event, comments: dto.comments?.length ?? 0 });
    const { posted, comments } = await this.doors.write(repo, PERMISSIONS, (access) => this.post(access, pull.prNumber, dto, call));
    return this.unitOfWork.run(async (tx) => {
      const answer = ReviewResponse.from(await this.rows.mirror.keepReview(tx, pull.id, posted, comments));
      await recordAudit(tx, { organizationId: repo.organizationId, action: 'pull_request.reviewed', targetType: 'pull_request', targetId: pull.id, changes: { number: pull.prNumber, event: dto.event, comments: comments.length } });
      await call?.complete(tx, { status: 201, body: answer });
      return answer;
    });
  }

  /** @throws {AppError} github_validation_failed, not_found */
  async comment(reached: ReachedPullRequest, dto: CommentDto, call: IdempotentCall | null): Promise<CommentResponse> {
    const { pull, repo } = reached;
    const replied = dto.inReplyTo === undefined ? null : await this.threadOf(repo.organizationId, pull.id, dto.inReplyTo);
    await this.intend(reached, { action: 'commented' });
    const kept = await this.doors.write(repo, PERMISSIONS, (access) => this.say(access, pull.prNumber, { dto, call, replied }));
    return this.unitOfWork.run(async (tx) => {
      const { mirror } = this.rows;
      const row = kept.kind === 'review' ? await mirror.keepReviewComment(tx, pull.id, kept.comment) : await mirror.keepIssueComment(tx, pull.id, kept.comment);
      await recordAudit(tx, { organizationId: repo.organizationId, action: 'pull_request.commented', targetType: 'pull_request', targetId: pull.id, changes: { number: pull.prNumber, kind: kept.kind } });
      const answer = CommentResponse.from(row);
      await call?.complete(tx, { status: 201, body: answer });
      return answer;
    });
  }

  private intend({ pull, repo }: ReachedPullRequest, what: Readonly<Record<string, unknown>>): Promise<void> {
    return this.unitOfWork.run((tx) => intendAtGithub(tx, { organizationId: repo.organizationId, id: pull.id, number: pull.prNumber }, what));
  }

  private async post(access: GithubRepoAccess, number: number, { event, body, comments = [] }: ReviewDto & { readonly event: NonNullable<ReviewDto['event']> }, call: IdempotentCall | null) {
    const name = hiddenName(call);
    const find = async () => (await this.github.reviews.list(access, number)).find((review) => review.body.includes(name)) ?? null;
    const posted = await writtenOnce(call, find, async () => {
      const wanted = comments.map(placeOf);
      const { headSha } = await this.github.pulls.getExisting(access, number);
      if (wanted.length > 0) requirePlaces(await this.github.pulls.allFiles(access, number), wanted, (n) => `/comments/${n}`);
      return this.github.reviews.create(access, number, { commitSha: headSha, event, body: withHiddenName(body, name), comments: wanted });
    });
    const all = comments.length === 0 ? [] : await this.github.reviews.comments(access, number);
    return { posted, comments: all.filter(({ reviewId }) => reviewId === posted.id) };
  }

  private async say(access: GithubRepoAccess, number: number, { dto, call, replied }: { dto: CommentDto; call: IdempotentCall | null; replied: string | null }) {
    const name = hiddenName(call);
    const body = withHiddenName(dto.body, name);
    const { reviews, comments, pulls } = this.github;
    const findReview = async (): Promise<ReviewCommentFacts | null> => (await reviews.comments(access, number)).find((comment) => comment.body.includes(name)) ?? null;
    if (replied !== null) return { kind: 'review' as const, comment: await writtenOnce(call, findReview, () => reviews.reply(access, number, replied, body)) };
    if (dto.path === undefined) {
      const find = async () => (await comments.list(access, number)).find((comment) => comment.body.includes(name)) ?? null;
      return { kind: 'issue' as const, comment: await writtenOnce(call, find, () => comments.create(access, number, body)) };
    }
    const comment = await writtenOnce(call, findReview, async () => {
      const wanted = { ...placeOf({ ...dto, path: dto.path ?? '', line: dto.line ?? 0 }), body };
      const { headSha } = await pulls.getExisting(access, number);
      requirePlaces(await pulls.allFiles(access, number), [wanted], () => '');
      return reviews.comment(access, number, { ...wanted, commitSha: headSha });
    });
    return { kind: 'review' as const, comment };
  }

  /** GitHub lets nobody judge their own work; that of our agent is the App's, and so is what is said here. */
  private async requireMayJudge({ userId }: Principal, { pull }: ReachedPullRequest, { event }: ReviewDto): Promise<void> {
    if (event === 'COMMENT') return;
    if (pull.origin === 'agent') throw refused('/event', 'own_pull_request', 'Our agent opened this pull request: the App can comment on it, and neither approve it nor request changes.');
    const own = await this.rows.connections.find(userId);
    if (event === 'APPROVE' && own !== null && own.login === pull.authorLogin) throw refused('/event', 'own_pull_request', 'You opened this pull request: somebody else has to approve it.');
  }

  /** GitHub's id of the comment that opened the thread: replies to replies are not offered. */
  private async threadOf(organizationId: string, pullRequestId: string, id: string): Promise<string> {
    const comment = await this.rows.comments.find(this.unitOfWork.reader, { organizationId, pullRequestId, id });
    if (!comment) throw notFound();
    const opener = comment.inReplyToGithubId ?? comment.githubCommentId;
    if (comment.kind !== 'review' || opener === null) throw refused('/inReplyTo', 'not_allowed', 'Only comments on the change have threads.');
    return opener;
  }
}

function placeOf({ path, line, side = 'RIGHT', startLine, body }: ReviewCommentDto): NewReviewComment {
  return { path, line, side, body, ...(startLine === undefined ? {} : { startLine }) };
}

/** @throws {AppError} github_validation_failed that points at every place outside of the change */
function requirePlaces(files: readonly ChangedFile[], wanted: readonly WantedLines[], pointer: (n: number) => string): void {
  const errors = wanted.flatMap((place, n) => {
    const fault = misplaced(files, place);
    return fault === null ? [] : [{ pointer: `${pointer(n)}/${fault.field}`, code: 'outside_of_change', detail: fault.detail }];
  });
  if (errors.length > 0) throw new AppError(GITHUB_VALIDATION_FAILED, 'GitHub takes comments only on lines that the change shows; nothing was posted.', { errors });
}

function refused(pointer: string, code: string, detail: string): AppError {
  return new AppError(GITHUB_VALIDATION_FAILED, detail, { errors: [{ pointer, code, detail }] });
}
