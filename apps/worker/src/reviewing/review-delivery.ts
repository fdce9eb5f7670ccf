import { selectFindings, type ReviewToPost, type Selection, type Submission } from '@app/agent';
import { AppConfig } from '@app/common';
import { ReviewFindingMoves, ReviewFindingStore, type AttemptEnd, type ReviewFindingRow } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { endOfOutcome } from '../attempts/attempt-end';
import type { OpenedModels } from '../attempts/attempt-models';
import { AttemptPapers } from '../attempts/attempt-papers';
import type { Briefing } from '../attempts/briefing';
import { CrashPoints } from '../attempts/crash-points';
import { DeliveryStores } from '../attempts/delivery-stores';
import type { OpenedReview } from '../attempts/opened-review';
import type { GitWorkspace } from '../workspace/git-workspace';
import { ReviewPublisher } from './review-publisher';
import { isOnDiff } from './review-step';
import { rated, SecondPass } from './second-pass';

const MOST_FINDINGS = 500;

/** A review that was handed in. */
export interface ReviewWork {
  readonly briefing: Briefing;
  readonly workspace: GitWorkspace;
  readonly review: OpenedReview;
  /** Null: it only has to be put before people. */
  readonly models: OpenedModels | null;
  readonly secrets: readonly string[];
}

/** Rows that a review reads and moves. */
@Injectable()
export class ReviewLedger {
  constructor(
    readonly stores: DeliveryStores,
    readonly findings: ReviewFindingStore,
    readonly moves: ReviewFindingMoves,
  ) {}
}

/** Brings a review to its end: what stands is confirmed, what is weak is left out, the rest is kept as a result and put before people. */
@Injectable()
export class ReviewDelivery {
  constructor(
    private readonly ledger: ReviewLedger,
    private readonly second: SecondPass,
    private readonly papers: AttemptPapers,
    private readonly publisher: ReviewPublisher,
    private readonly crash: CrashPoints,
    private readonly config: AppConfig,
  ) {}

  async deliver(work: ReviewWork, submission: Submission, signal: AbortSignal): Promise<AttemptEnd> {
    const { briefing, review, workspace, models, secrets } = work;
    await this.follow(work);
    const paused = models && (await this.second.run({ briefing, workspace, review, models, signal }, await this.rows(work, 'open')));
    if (paused) return endOfOutcome(paused.outcome as Parameters<typeof endOfOutcome>[0]);
    const open = await this.rows(work, 'open');
    const selection = selectFindings(open.map(rated), review.rules, (finding) => isOnDiff(finding, review.diff));
    await this.papers.review({ briefing, workspace, review }, submission, selection);
    if (review.subject === null) return this.keep(work, selection);
    const draft = await this.draft(work, submission, open);
    await this.ledger.stores.uow.run((tx) => this.ledger.stores.lifecycle.advance(tx, briefing.attempt, 'publishing'));
    return this.publisher.publish({ briefing, review, subject: review.subject, draft, selection, secrets, signal, crash: (point) => this.crash.reach(point) });
  }

  /** Earlier remarks are confirmed where they are now, or settled. */
  private async follow({ briefing, review: { followed } }: ReviewWork): Promise<void> {
    const { organizationId } = briefing.task;
    await this.ledger.stores.write(briefing, async (tx) => {
      await this.ledger.moves.confirm(tx, organizationId, followed.standing.map(({ now }) => now));
      await this.ledger.moves.resolve(tx, organizationId, followed.gone.map(({ id }) => id));
    });
  }

  /** Of two branches nothing is posted; what is weak is marked all the same. */
  private async keep({ briefing }: ReviewWork, { suppressed }: Selection): Promise<AttemptEnd> {
    await this.ledger.stores.write(briefing, (tx) => this.ledger.moves.surface(tx, briefing.task.organizationId, suppressed.map(({ finding: { id } }) => ({ id, surfaced: 'suppressed' }))));
    return { kind: 'completed' };
  }

  private async draft(work: ReviewWork, submission: Submission, open: readonly ReviewFindingRow[]): Promise<Omit<ReviewToPost, 'ci' | 'selection'>> {
    const { briefing: { task }, review } = work;
    const since = review.subject?.last?.finishedAt ?? task.createdAt;
    const settled = (await this.rows(work, 'resolved')).filter(({ closedAt }) => closedAt !== null && closedAt >= since);
    return {
      taskId: task.id, headSha: review.diff.range.headSha, sinceSha: review.diff.since?.sha ?? null, rules: review.rules, submission, leftOut: review.shown.leftOut, standIn: this.config.models.MODEL_STAND_IN ?? null,
      dismissed: (await this.rows(work, 'dismissed')).length, settled, unscored: open.filter(({ score }) => score === null).length,
    };
  }

  private rows({ briefing: { task }, review: { subject } }: ReviewWork, status: ReviewFindingRow['status']): Promise<ReviewFindingRow[]> {
    const { findings, stores } = this.ledger;
    const filter = { status, limit: MOST_FINDINGS };
    return stores.uow.run((tx) => (subject ? findings.listForPullRequest(tx, { organizationId: task.organizationId, pullRequestId: subject.pullRequestId }, filter) : findings.listForTask(tx, task, filter)));
  }
}
