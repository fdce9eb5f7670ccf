import { changesFiles } from '@app/agent';
import { AppConfig } from '@app/common';
import { PROTECTED_PATHS, type AttemptEnd, type OpenApiKey } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { inPhase } from '../observing/observed-attempt';
import { Publisher } from '../publishing/publisher';
import { applyStoredPatch } from '../publishing/stored-patch';
import type { GitWorkspace } from '../workspace/git-workspace';
import type { HandedIn } from './attempt-agent';
import { AttemptPapers } from './attempt-papers';
import type { Briefing } from './briefing';
import { CrashPoints } from './crash-points';
import { DeliveryStores } from './delivery-stores';
import { AttemptReviews } from './attempt-reviews';

/** What an attempt worked on. */
export interface Work {
  readonly briefing: Briefing;
  readonly workspace: GitWorkspace;
  /** The customer's key that paid for the calls: it must not leave with the work. */
  readonly ownKey?: OpenApiKey | null;
}

/** Hands over what the agent made: words as results, a change as branch and pull request. */
@Injectable()
export class AttemptDelivery {
  constructor(
    private readonly stores: DeliveryStores,
    readonly papers: AttemptPapers,
    readonly reviews: AttemptReviews,
    private readonly publisher: Publisher,
    private readonly crash: CrashPoints,
    private readonly config: AppConfig,
  ) {}

  async change(work: Work, handedIn: HandedIn, signal: AbortSignal): Promise<AttemptEnd> {
    const { briefing, workspace, ownKey } = work;
    const { attempt, task, repo, installation } = briefing;
    const { submission, verification } = handedIn;
    await this.stores.uow.run(async (tx) => {
      await this.stores.lifecycle.advance(tx, attempt, 'publishing');
      await this.stores.tasks.record(tx, task.id, { verification: verification.status });
    });
    await this.papers.diagnosis(work, submission);
    const standIn = this.config.models.MODEL_STAND_IN ?? null;
    const outcome = await inPhase('publish', () => this.publisher.publish({
      lease: attempt, task, repo, installation, workspace, submission, verification, standIn, model: briefing.agent?.name ?? briefing.model.name, secrets: [...(ownKey ? [ownKey.secret.use((text) => text)] : []), ...workspace.secrets], signal, crash: (point) => this.crash.reach(point),
    }));
    if (outcome.kind === 'failed') return { kind: 'failed', code: outcome.code, message: outcome.message, retryable: true };
    if (outcome.kind === 'held') return { kind: 'suspended', status: 'waiting_for_approval', reason: PROTECTED_PATHS };
    if (outcome.kind === 'published' || outcome.kind === 'kept') return { kind: 'completed' };
    if (submission.noChangesReason !== null) return { kind: 'completed', reason: 'no_changes' };
    return { kind: 'failed', code: 'no_changes', message: 'The agent handed in no change and no reason why none is needed.' };
  }

  /** A publication whose checkpoint is gone goes on from the stored patch. */
  async restore({ briefing, workspace }: Work, signal: AbortSignal): Promise<void> {
    const { attempt, task } = briefing;
    if (attempt.checkpoint !== null) return;
    const { reader } = this.stores.uow;
    const stored = await this.stores.results.latest(reader, task.organizationId, task.id, 'patch');
    const patch = stored && (await this.stores.results.content(reader, task.organizationId, stored.id));
    if (patch) await applyStoredPatch(workspace, patch.toString('utf8'), signal);
  }

  /** Keeps the patch of work that was not handed in, so that nothing is lost when a task fails or pauses. */
  async keepUnfinished({ briefing, workspace }: Work): Promise<void> {
    if (!changesFiles(briefing.mode)) return;
    const diff = await workspace.diff();
    if (diff.files.length === 0) return;
    const { attempt, task } = briefing;
    await this.stores.write(briefing, async (tx) => {
      await this.stores.results.put(tx, {
        organizationId: task.organizationId, taskId: task.id, attemptId: attempt.attemptId, type: 'patch', title: 'Unfinished work', summary: null, mediaType: 'text/x-patch', content: Buffer.from(diff.patch),
        metadata: { baseSha: workspace.baseSha },
      });
    });
  }
}
