import { AppError } from '@app/common';
import type { AttemptEnd } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { ReviewAccess } from './review-access';
import { ReviewCi } from './review-ci';
import type { PostRequest } from './review-request';
import { ReviewStep } from './review-step';
import { SummaryStep } from './summary-step';
import { ThreadStep } from './thread-step';

/**
 * Puts a review before people: comments on lines, the threads of what is settled, the summary, the check run. Each step looks before it does, so that
 * after a crash the whole may be run again: one review, one summary.
 */
@Injectable()
export class ReviewPublisher {
  constructor(
    private readonly access: ReviewAccess,
    private readonly ci: ReviewCi,
    private readonly review: ReviewStep,
    private readonly threads: ThreadStep,
    private readonly summary: SummaryStep,
  ) {}

  /** @throws {StopError}; {AppError} github_rate_limited: later */
  async publish(request: PostRequest): Promise<AttemptEnd> {
    const { briefing, signal } = request;
    signal.throwIfAborted();
    try {
      return await this.access.writing(briefing, (access) => this.post(request, access));
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof AppError) || error.code === 'github_rate_limited') throw error;
      const code = error.code.startsWith('integration_') || error.code === 'github_permission_missing' ? 'integration_not_connected' : 'push_failed';
      return { kind: 'failed', code, message: `The review could not be put before people: ${error.detail} Its remarks are kept; retry the task when that is solved.`, retryable: true };
    }
  }

  /** CI is read before anything is said. */
  private async post(request: PostRequest, access: Parameters<Parameters<ReviewAccess['writing']>[1]>[0]): Promise<AttemptEnd> {
    const { signal } = request;
    const ci = await this.ci.of(access, request.review.diff.range.headSha);
    const posted = await this.review.post({ ...request, access, ci });
    if (posted === null) return { kind: 'completed', reason: 'already_reviewed' };
    const step = { ...request, access, ci, selection: posted.selection };
    signal.throwIfAborted();
    await this.threads.settle(step);
    signal.throwIfAborted();
    await this.summary.write(step);
    await this.summary.check(step);
    return { kind: 'completed' };
  }
}
