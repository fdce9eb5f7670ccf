import { MODES, type AgentOutcome } from '@app/agent';
import { Logger } from '@app/common';
import type { AttemptEnd, ClaimedAttempt } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { inPhase } from '../observing/observed-attempt';
import { AttemptAgent } from './attempt-agent';
import { AttemptDelivery, type Work } from './attempt-delivery';
import { endOfOutcome } from './attempt-end';
import { AttemptWorkspaces } from './attempt-workspaces';
import { Briefings } from './briefing';
import { CrashPoints } from './crash-points';

/** The work of one attempt on one screen: briefing, workspace, agent, delivery. */
@Injectable()
export class AttemptWork {
  constructor(
    private readonly briefings: Briefings,
    private readonly workspaces: AttemptWorkspaces,
    private readonly agent: AttemptAgent,
    private readonly delivery: AttemptDelivery,
    private readonly crash: CrashPoints,
    private readonly logger: Logger,
  ) {}

  /** @throws whatever stopped it; `endingOfError` says where that leads. */
  async run(attempt: ClaimedAttempt, signal: AbortSignal): Promise<AttemptEnd> {
    const briefing = await this.briefings.of(attempt);
    // A publication calls no model, so it needs no key either.
    const model = attempt.stage === 'publish' ? null : await this.agent.open(briefing);
    const workspace = await inPhase('workspace', () => this.workspaces.open(briefing, signal));
    this.crash.reach('workspace-ready');
    try {
      if (briefing.mode === 'pr_review') return await inPhase('review', () => this.delivery.reviews.run({ briefing, workspace }, model, signal));
      if (model === null) return await this.publish({ briefing, workspace }, signal);
      const outcome = await inPhase('agent', () => this.agent.run(briefing, model, workspace, signal));
      return await this.deliver({ briefing, workspace, ownKey: model.ownKey }, outcome, signal);
    } finally {
      await this.workspaces.close(briefing, workspace).catch((error: unknown) => this.logger.error('a workspace could not be removed', { err: error }));
    }
  }

  /** Somebody asked for a publication again, or a worker was lost in one: the agent has ended. */
  private async publish(work: Work, signal: AbortSignal): Promise<AttemptEnd> {
    await this.delivery.restore(work, signal);
    return this.delivery.change(work, await this.agent.handedIn(work.briefing, work.workspace), signal);
  }

  private async deliver(work: Work, outcome: AgentOutcome, signal: AbortSignal): Promise<AttemptEnd> {
    if (outcome.kind !== 'submitted') {
      await this.delivery.keepUnfinished(work);
      return endOfOutcome(outcome);
    }
    signal.throwIfAborted();
    const { papers } = this.delivery;
    switch (MODES[work.briefing.mode].deliverable) {
      case 'answer':
        return papers.answer(work, outcome.submission);
      case 'plan':
        return papers.plan(work, outcome.submission);
      case 'report':
        return papers.contradictions(work, outcome.submission);
      case 'review':
        throw new Error('a review is delivered where it was opened');
      case 'pull_request':
        return this.delivery.change(work, outcome, signal);
    }
  }
}
