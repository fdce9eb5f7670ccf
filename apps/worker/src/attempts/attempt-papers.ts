import { composeAnswer, composeContradictions, composePlan, composeReview, safeMarkdown, type Selection, type Submission } from '@app/agent';
import { PLAN_MEDIA_TYPE, PLAN_READY, planContent, TaskEventStore, TaskPlanStore, type AttemptEnd, type NewTaskResult, type Tx } from '@app/domain';
import { Injectable } from '@nestjs/common';
import type { GitWorkspace } from '../workspace/git-workspace';
import type { Briefing } from './briefing';
import { DeliveryStores } from './delivery-stores';
import type { OpenedReview, SkippedReview } from './opened-review';

/** Work that was handed in as words. */
export interface Paper {
  readonly briefing: Briefing;
  /** In mode pr_review. */
  readonly review?: OpenedReview | null;
  readonly workspace: Pick<GitWorkspace, 'baseSha'>;
}

/** Hands over what the agent wrote and no file shows: answers, plans, reviews, diagnoses. */
@Injectable()
export class AttemptPapers {
  constructor(
    private readonly stores: DeliveryStores,
    private readonly plans: TaskPlanStore,
    private readonly events: TaskEventStore,
  ) {}

  async answer(paper: Paper, submission: Submission): Promise<AttemptEnd> {
    const { briefing, workspace } = paper;
    const content = Buffer.from(composeAnswer(submission, { repository: briefing.repo.fullName, sha: workspace.baseSha }).markdown);
    await this.stores.write(briefing, (tx) => this.put(tx, paper, { type: 'answer', ...wordsOf(submission), mediaType: 'text/markdown', content }));
    return { kind: 'completed' };
  }

  /** What an examination of documents found. */
  async contradictions(paper: Paper, submission: Submission): Promise<AttemptEnd> {
    const { briefing, workspace: { baseSha } } = paper;
    const content = Buffer.from(composeContradictions(submission, { repository: briefing.repo.fullName, sha: baseSha }));
    const metadata = { baseSha, contradictions: submission.contradictions?.length ?? 0 };
    await this.stores.write(briefing, (tx) => this.put(tx, paper, { type: 'report', ...wordsOf(submission), mediaType: 'text/markdown', content, file: CONTRADICTIONS_FILE, metadata }));
    return { kind: 'completed' };
  }

  /** The plan waits for people; the attempt ends here. */
  async plan(paper: Paper, submission: Submission): Promise<AttemptEnd> {
    const { briefing } = paper;
    const { attempt, task } = briefing;
    const plan = composePlan(submission);
    await this.stores.write(briefing, async (tx) => {
      const { id, created } = await this.put(tx, paper, { type: 'plan', ...wordsOf(submission), mediaType: PLAN_MEDIA_TYPE, content: planContent(plan) });
      if (!created) return;
      await this.plans.propose(tx, task.id);
      await this.events.append(tx, task.id, attempt.attemptId, [{ type: 'plan', data: { resultId: id, steps: plan.steps } }]);
    });
    return { kind: 'suspended', status: 'waiting_for_approval', reason: PLAN_READY };
  }

  async review(paper: Paper, submission: Submission, { inline, standing, summary, suppressed }: Selection): Promise<void> {
    const { briefing, review } = paper;
    if (!review) throw new Error('a review without a change cannot be handed over');
    const { diff, shown: { leftOut } } = review;
    const findings = [...inline, ...standing, ...summary.map(({ finding }) => finding)];
    const content = Buffer.from(composeReview(submission, { findings, suppressed, range: diff.range, leftOut }));
    const metadata = { ...diff.range, since: diff.since?.sha ?? null, findings: findings.length, suppressed: suppressed.length, leftOut: leftOut.length };
    await this.stores.write(briefing, (tx) => this.put(tx, paper, { type: 'review', ...wordsOf(submission), mediaType: 'text/markdown', content, metadata }));
  }

  /** Says why there was nothing to look at. */
  async skippedReview(paper: Paper, { skipped, words }: SkippedReview): Promise<AttemptEnd> {
    await this.stores.write(paper.briefing, (tx) => this.put(tx, paper, { type: 'review', title: 'Not reviewed', summary: words, mediaType: 'text/markdown', content: Buffer.from(`# Not reviewed\n\n${words}\n`) }));
    return { kind: 'completed', reason: skipped };
  }

  /** What was wrong and why, beside the correction: kept before anything is pushed. */
  async diagnosis(paper: Paper, submission: Submission): Promise<void> {
    const text = submission.diagnosis?.trim() ?? '';
    if (text === '') return;
    const content = Buffer.from(`# Diagnosis\n\n${safeMarkdown(text)}\n\n---\nLines are those of ${paper.briefing.repo.fullName} at ${paper.workspace.baseSha}.\n`);
    await this.stores.write(paper.briefing, (tx) => this.put(tx, paper, { type: 'report', ...wordsOf(submission), mediaType: 'text/markdown', content, file: DIAGNOSIS_FILE }));
  }

  private put(tx: Tx, { briefing, workspace }: Paper, result: Omit<NewTaskResult, 'organizationId' | 'taskId' | 'attemptId'>): Promise<{ id: string; created: boolean }> {
    const { attempt, task } = briefing;
    return this.stores.results.put(tx, { organizationId: task.organizationId, taskId: task.id, attemptId: attempt.attemptId, metadata: { baseSha: workspace.baseSha }, ...result });
  }
}

const CONTRADICTIONS_FILE = 'contradictions.md';
const DIAGNOSIS_FILE = 'diagnosis.md';

function wordsOf({ title, summary }: Submission): Pick<NewTaskResult, 'title' | 'summary'> {
  return { title, summary };
}
