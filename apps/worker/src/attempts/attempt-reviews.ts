import type { AttemptEnd } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { ReviewDelivery } from '../reviewing/review-delivery';
import type { GitWorkspace } from '../workspace/git-workspace';
import { AttemptAgent } from './attempt-agent';
import { endOfOutcome } from './attempt-end';
import type { OpenedModels } from './attempt-models';
import { AttemptPapers } from './attempt-papers';
import type { Briefing } from './briefing';
import { ReviewDesks } from './review-desks';

/** A review from its desk to its readers. */
@Injectable()
export class AttemptReviews {
  constructor(
    private readonly desks: ReviewDesks,
    private readonly agent: AttemptAgent,
    private readonly papers: AttemptPapers,
    private readonly delivery: ReviewDelivery,
  ) {}

  /** @param models null: it was handed in before, and only has to be put before people */
  async run({ briefing, workspace }: { briefing: Briefing; workspace: GitWorkspace }, models: OpenedModels | null, signal: AbortSignal): Promise<AttemptEnd> {
    const review = await this.desks.open(briefing, workspace, signal);
    if ('skipped' in review) return this.papers.skippedReview({ briefing, workspace }, review);
    const outcome = models ? await this.agent.run({ ...briefing, review }, models, workspace, signal) : { kind: 'submitted' as const, ...(await this.agent.handedIn(briefing, workspace)) };
    if (outcome.kind !== 'submitted') return endOfOutcome(outcome);
    signal.throwIfAborted();
    return this.delivery.deliver({ briefing, workspace, review, models, secrets: [...(models?.secrets ?? []), ...workspace.secrets] }, outcome.submission, signal);
  }
}
