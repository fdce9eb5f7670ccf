import { invalidField } from '@app/common';
import { TaskSubmission } from '@app/submission';
import { Injectable } from '@nestjs/common';
import { insufficientScope } from '../auth/auth.errors';
import type { Principal } from '../auth/principal';
import type { IdempotentCall } from '../http/idempotency/idempotent-call';
import { taskAnswer, type TaskAnswer } from '../tasks/create/task-creation';
import type { CommentDto, ReviewDto } from './dto/pull-request-write.dto';
import type { ReachedPullRequest } from './pull-request-access';

/** Has a task review a pull request. */
@Injectable()
export class ReviewRequest {
  constructor(private readonly submission: TaskSubmission) {}

  /** @throws {AppError} insufficient_scope, and those of a new task */
  async start(principal: Principal, { pull, repo }: ReachedPullRequest, { model, level }: ReviewDto, call: IdempotentCall | null): Promise<TaskAnswer> {
    if (principal.credential === 'token' && !principal.scopes.includes('tasks:write')) throw insufficientScope('tasks:write');
    const request = {
      repositoryId: repo.id, mode: 'pr_review' as const, sourcePullRequestNumber: pull.prNumber, targetBranch: pull.targetBranch, title: `Review #${pull.prNumber}: ${pull.title}`.slice(0, 255),
      prompt: `Review pull request #${pull.prNumber} of ${repo.fullName}: ${pull.title}`, ...(model === undefined ? {} : { model }), ...(level === undefined ? {} : { options: { reviewLevel: level } }),
    };
    const { text } = await this.submission.submit(principal, { request, origin: { sourcePullRequestId: pull.id } }, async (tx, made) => {
      const { json, location, tag } = taskAnswer(made.text);
      await call?.complete(tx, { status: 202, body: json, headers: { Location: location, ETag: tag } });
    });
    return taskAnswer(text);
  }
}

/** Which fields go together is not said by each alone. @throws {AppError} validation_failed */
export function checkReview(dto: ReviewDto): void {
  const isPosted = dto.event !== undefined;
  const foreign = isPosted ? (['model', 'level'] as const) : (['body', 'comments'] as const);
  const sent = foreign.find((field) => dto[field] !== undefined);
  if (sent) throw invalidField(`/${sent}`, 'not_allowed', isPosted ? 'is for a review that a task writes: leave event out' : 'is for a review to post: say event too');
  if (isPosted && dto.event !== 'APPROVE' && !/\S/.test(dto.body ?? '') && (dto.comments ?? []).length === 0) throw invalidField('/body', 'required', 'a review says something, in body or comments');
  dto.comments?.forEach((comment, n) => checkSides(comment, `/comments/${n}`));
}

/** @throws {AppError} validation_failed */
export function checkComment(dto: CommentDto): void {
  const { path, line, side, startLine, inReplyTo } = dto;
  if (inReplyTo !== undefined && path !== undefined) throw invalidField('/path', 'not_allowed', 'a reply stands where its thread stands');
  if (path === undefined) {
    const placed = Object.entries({ line, side, startLine, startSide: dto.startSide }).find(([, value]) => value !== undefined);
    if (placed) throw invalidField(`/${placed[0]}`, 'not_allowed', 'needs path');
    return;
  }
  if (line === undefined) throw invalidField('/line', 'required', 'path needs line');
  checkSides(dto, '');
}

function checkSides({ line, side, startLine, startSide }: Pick<CommentDto, 'line' | 'side' | 'startLine' | 'startSide'>, pointer: string): void {
  if (startSide !== undefined && startSide !== (side ?? 'RIGHT')) throw invalidField(`${pointer}/startSide`, 'not_allowed', 'a range stands on one side');
  if (startLine !== undefined && line !== undefined && startLine > line) throw invalidField(`${pointer}/startLine`, 'too_large', 'a range begins before it ends');
}
