import { Logger } from '@app/common';
import { ReviewFindingMoves, UnitOfWork } from '@app/domain';
import { GithubThreads } from '@app/github';
import { Injectable } from '@nestjs/common';
import { isMissingRight, ReviewAccess } from './review-access';
import type { PostStep } from './review-request';

/** Settles the threads of remarks that are settled. May be repeated: a thread that is settled stays so. */
@Injectable()
export class ThreadStep {
  private readonly logger: Logger;

  constructor(
    private readonly uow: UnitOfWork,
    private readonly moves: ReviewFindingMoves,
    private readonly threads: GithubThreads,
    private readonly access: ReviewAccess,
    logger: Logger,
  ) {
    this.logger = logger.named('review');
  }

  /** Without the right to do it the threads stay open, and people close them. */
  async settle({ access, subject, briefing }: PostStep): Promise<void> {
    const about = { organizationId: briefing.task.organizationId, pullRequestId: subject.pullRequestId };
    const comments = new Set(await this.uow.run((tx) => this.moves.commentsOfResolved(tx, about)));
    if (comments.size === 0) return;
    const open = (await this.threads.list(access, subject.pull.number)).filter(({ isResolved, firstCommentId }) => !isResolved && firstCommentId !== null && comments.has(firstCommentId));
    if (open.length === 0) return;
    try {
      await this.access.settling(briefing, async (mayWrite) => {
        for (const { nodeId } of open) await this.threads.resolve(mayWrite, nodeId);
      });
    } catch (error) {
      if (!isMissingRight(error)) throw error;
      this.logger.warn('threads stay open: the App may not settle them', { threads: open.length, err: error });
    }
  }
}
