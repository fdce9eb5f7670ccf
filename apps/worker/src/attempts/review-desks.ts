import { ReviewDiff, type FindingLedger } from '@app/agent';
import { ReviewFindingStore, reviewFindingJson, TaskEventStore } from '@app/domain';
import { TaskEventBus } from '@app/messaging';
import { Injectable } from '@nestjs/common';
import { GitCommand } from '../workspace/git-command';
import type { GitWorkspace } from '../workspace/git-workspace';
import { Mirror } from '../workspace/mirror';
import { diffTrees } from '../workspace/tree-diff';
import { AttemptFailure } from './attempt-failure';
import type { Briefing } from './briefing';
import { DeliveryStores } from './delivery-stores';
import type { OpenedReview } from './opened-review';

/** Of the model's window, which the conversation has to fit in as well. */
const SHARE_OF_WINDOW = 0.5;
const MOST_TOKENS = 100_000;

/** Sets a review up: the change since the two branches parted, and the ledger that its remarks go to. */
@Injectable()
export class ReviewDesks {
  constructor(
    private readonly mirror: Mirror,
    private readonly git: GitCommand,
    private readonly stores: DeliveryStores,
    private readonly findings: ReviewFindingStore,
    private readonly events: TaskEventStore,
    private readonly bus: TaskEventBus,
  ) {}

  /** @throws {AttemptFailure} incomplete, no_changes; {AppError} one of git's */
  async open(briefing: Briefing, workspace: GitWorkspace, signal: AbortSignal): Promise<OpenedReview> {
    const { branch: head, targetBranch: base } = briefing.task;
    const headSha = workspace.baseSha;
    const target = await this.mirror.resolve(workspace.repository, base, signal);
    const baseSha = await this.mergeBase(target.folder, target.sha, headSha);
    if (baseSha === null) throw new AttemptFailure('incomplete', `${head} and ${base} have no commit in common: there is no change to review.`);
    const { patch } = await diffTrees(this.git, target.folder, baseSha, headSha);
    if (patch === '') throw new AttemptFailure('no_changes', `${head} brings nothing that ${base} does not have.`);
    const diff = new ReviewDiff(patch, { baseSha, headSha, base, head });
    const shown = diff.shown(Math.min(MOST_TOKENS, Math.floor(briefing.model.contextWindow * SHARE_OF_WINDOW)));
    return { diff, ledger: this.ledger(briefing, headSha), shown };
  }

  private async mergeBase(gitDir: string, base: string, head: string): Promise<string | null> {
    const found = await this.git.run({ gitDir, args: ['merge-base', '--end-of-options', base, head], answers: [0, 1] });
    return found.exitCode === 0 ? (found.stdout.toString('utf8').trim().split('\n')[0] ?? null) : null;
  }

  /** Each remark is kept at once and under the fence; a run that is done again finds its own. */
  private ledger(briefing: Briefing, sha: string): FindingLedger {
    const { attempt, task, repo } = briefing;
    const owner = { organizationId: task.organizationId, repositoryId: repo.id, pullRequestId: task.sourcePullRequestId, taskId: task.id, attemptId: attempt.attemptId };
    return {
      count: () => this.stores.uow.run((tx) => this.findings.count(tx, task)),
      record: async (finding) => {
        const kept = await this.stores.write(briefing, async (tx) => {
          const { row, isNew } = await this.findings.record(tx, { ...owner, ...finding, sha });
          await this.events.append(tx, task.id, attempt.attemptId, [{ type: 'finding', data: { findingId: row.id, ...reviewFindingJson(row) } }]);
          return isNew;
        });
        this.bus.publishNews(task.id);
        return { isNew: kept };
      },
    };
  }
}
