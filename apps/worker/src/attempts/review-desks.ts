import { levelRules, ReviewDiff, reviewRules, type FindingLedger, type NewerCommits } from '@app/agent';
import { ReviewFindingStore, reviewFindingJson, TaskEventStore, type TaskView } from '@app/domain';
import { TaskEventBus } from '@app/messaging';
import { Injectable } from '@nestjs/common';
import { FollowUpFindings } from '../reviewing/followed-findings';
import { ReviewSubjects } from '../reviewing/review-subject';
import type { ReviewSubject } from '../reviewing/reviewed-pull';
import type { GitWorkspace } from '../workspace/git-workspace';
import { ReviewRepository } from '../reviewing/review-repository';
import { AttemptFailure } from './attempt-failure';
import type { Briefing } from './briefing';
import { DeliveryStores } from './delivery-stores';
import type { FollowedFindings, OpenedReview, SkippedReview } from './opened-review';

/** Of the model's window, which the conversation has to fit in as well. */
const SHARE_OF_WINDOW = 0.5;
/** Tasks that nobody asked for by hand. */
const BY_ITSELF: readonly string[] = ['pull_request', 'automation', 'check'];
const NOTHING_FOLLOWED: FollowedFindings = { standing: [], gone: [] };

interface ReviewOptions {
  readonly reviewLevel?: unknown;
  readonly minSeverity?: unknown;
  readonly maxComments?: unknown;
  readonly reviewDrafts?: unknown;
}

/** Where what a review finds is told. */
@Injectable()
export class ReviewEvents {
  constructor(
    readonly store: TaskEventStore,
    readonly bus: TaskEventBus,
  ) {}
}

/** Sets a review up: the change since the two branches parted, what was said of it before, and the ledger that its remarks go to. */
@Injectable()
export class ReviewDesks {
  constructor(
    private readonly repository: ReviewRepository,
    private readonly subjects: ReviewSubjects,
    private readonly earlier: FollowUpFindings,
    private readonly stores: DeliveryStores,
    private readonly findings: ReviewFindingStore,
    private readonly events: ReviewEvents,
  ) {}

  /** @throws {AttemptFailure} incomplete, no_changes, integration_not_connected; {AppError} one of git's or GitHub's */
  async open(briefing: Briefing, workspace: GitWorkspace, signal: AbortSignal): Promise<OpenedReview | SkippedReview> {
    const { branch: head, targetBranch } = briefing.task;
    const headSha = workspace.baseSha;
    const subject = await this.subjects.of(briefing, headSha);
    const skipped = subject && whySkipped(briefing.task, subject, headSha);
    if (skipped) return skipped;
    const base = subject?.pull.baseRef ?? targetBranch;
    const { gitDir, baseSha } = await this.repository.base(workspace, { base, headSha }, signal);
    if (baseSha === null) throw new AttemptFailure('incomplete', `${head} and ${base} have no commit in common: there is no change to review.`);
    const patch = await this.repository.patch(gitDir, baseSha, headSha);
    if (patch === '') throw new AttemptFailure('no_changes', `${head} brings nothing that ${base} does not have.`);
    const since = await this.since(gitDir, subject, headSha);
    const diff = new ReviewDiff(patch, { baseSha, headSha, base, head }, since);
    const rules = reviewRules(briefing.task.options, briefing.settings);
    const shown = diff.shown(Math.min(levelRules(rules.level).diffTokens, Math.floor(briefing.model.contextWindow * SHARE_OF_WINDOW)));
    const followed = subject ? await this.earlier.of({ attempt: briefing.attempt, pullRequestId: subject.pullRequestId, diff, gitDir }) : NOTHING_FOLLOWED;
    return { diff, rules, gitDir, subject, followed, shown, ledger: this.ledger(briefing, { sha: headSha, pullRequestId: subject?.pullRequestId ?? null }) };
  }

  /** Only a head that was built on the commit that was reviewed is newer; one that was written anew is looked at as a whole. */
  private async since(gitDir: string, subject: ReviewSubject | null, headSha: string): Promise<NewerCommits | null> {
    const sha = subject?.last?.headSha;
    if (sha === undefined || !(await this.repository.isAncestor(gitDir, sha, headSha))) return null;
    return { sha, patch: await this.repository.patch(gitDir, sha, headSha) };
  }

  /** Each remark is kept at once and under the fence; a run that is done again finds its own. */
  private ledger(briefing: Briefing, { sha, pullRequestId }: { sha: string; pullRequestId: string | null }): FindingLedger {
    const { attempt, task, repo } = briefing;
    const owner = { organizationId: task.organizationId, repositoryId: repo.id, pullRequestId, taskId: task.id, attemptId: attempt.attemptId };
    return {
      count: () => this.stores.uow.run((tx) => this.findings.count(tx, task)),
      record: async (finding) => {
        const kept = await this.stores.write(briefing, async (tx) => {
          const { row, isNew } = await this.findings.record(tx, { ...owner, ...finding, sha });
          await this.events.store.append(tx, task.id, attempt.attemptId, [{ type: 'finding', data: { findingId: row.id, ...reviewFindingJson(row) } }]);
          return isNew;
        });
        this.events.bus.publishNews(task.id);
        return { isNew: kept };
      },
    };
  }
}

/** A draft is not looked at unless somebody asked; a commit that another task looked at is not looked at again. */
function whySkipped({ source, options }: Pick<TaskView, 'source' | 'options'>, { pull, last }: ReviewSubject, headSha: string): SkippedReview | null {
  const { reviewDrafts } = options as ReviewOptions;
  if (pull.status === 'draft' && BY_ITSELF.includes(source) && reviewDrafts !== true) return { skipped: 'draft', words: `Pull request ${pull.number} is a draft: it is reviewed when it is ready, or when somebody asks for it.` };
  if (last?.headSha === headSha) return { skipped: 'already_reviewed', words: `Commit ${headSha} of pull request ${pull.number} was reviewed by task ${last.taskId}. There is nothing new to look at.` };
  return null;
}
