import { AppError } from '@app/common';
import { Injectable } from '@nestjs/common';
import { isRateLimit } from '../workspace/git.errors';
import { isCommonChange, type ComposedChange } from './change-composer';
import type { ForgePull, ForgePulls, NewForgePull, OpenForge } from './forges/forge';
import { withFreshAccess } from './forges/fresh-access';
import { codeOfRefusal, PublishFailure } from './publish-failure';
import { PublishRecords, type Effect } from './publish-records';
import type { PublishedPullRequest, PublishOptions, PublishRequest } from './publish-request';

export interface PullRequestTarget {
  readonly branch: string;
  readonly forge: OpenForge;
  readonly pulls: ForgePulls;
  readonly change: ComposedChange;
}

/** Creations whose answer was lost. Before each the open ones are looked through. */
const MOST_CREATIONS = 3;

/** Opens the task's pull request, or finds the one that is open: intent, look, create, record. */
@Injectable()
export class PullRequestStep {
  constructor(private readonly records: PublishRecords) {}

  /** @throws {PublishFailure}; {AppError} pull_request_empty, or when the forge asks to wait */
  async open(request: PublishRequest, target: PullRequestTarget): Promise<PublishedPullRequest> {
    const { lease, task, signal } = request;
    const head = target.branch;
    const base = task.targetBranch;
    const effect: Effect = { kind: 'pull_request', key: `pull_request-${task.id}`, name: `${head} into ${base}` };
    await this.records.intend(lease, effect, { head, base });
    try {
      const pull = await withFreshAccess(target.forge, () => this.findOrCreate(request, target, { head, base }));
      request.crash('pull-request-after');
      await this.record(request, effect, { pull, change: target.change });
      return { number: pull.number, url: pull.url, status: pull.status };
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof AppError) || isRateLimit(error)) throw error;
      await this.records.refuse(lease, effect, error.code);
      if (error.code === 'pull_request_empty') throw error;
      throw new PublishFailure(codeOfRefusal(error), `The branch ${head} was pushed, but its pull request could not be opened: ${error.detail} Publish again when that is solved.`, error);
    }
  }

  private async findOrCreate(request: PublishRequest, { pulls, change }: PullRequestTarget, between: { head: string; base: string }): Promise<ForgePull> {
    const open = await pulls.findOpen(between);
    request.crash('pull-request-before');
    if (open) return open.body === change.body ? open : pulls.update(open.number, { body: change.body });
    return createOnce(pulls, { ...between, title: change.title, body: change.body, draft: isDraft(request, change) }, request.signal);
  }

  private record({ lease, task, repo }: PublishRequest, effect: Effect, { pull, change }: { pull: ForgePull; change: ComposedChange }): Promise<void> {
    const { effects, pullRequests } = this.records.stores;
    const headSha = change.commit.sha;
    return this.records.write(lease, async (tx) => {
      const known = await pullRequests.findForTask(tx, task.organizationId, task.id);
      const isNew = await effects.done(tx, effect.key, { number: pull.number, url: pull.url, status: pull.status, headSha });
      await pullRequests.recordAgents(tx, {
        repositoryId: repo.id, taskId: task.id, githubPrId: pull.id, nodeId: pull.nodeId, number: pull.number, title: pull.title, description: pull.body, sourceBranch: pull.headRef,
        targetBranch: pull.baseRef, headSha, baseSha: pull.baseSha, status: pull.status, authorLogin: pull.authorLogin, url: pull.url, githubCreatedAt: pull.createdAt,
        githubUpdatedAt: pull.updatedAt, mergedAt: pull.mergedAt, closedAt: pull.closedAt, ...totals(change),
      });
      const isNews = isNew || known?.number !== pull.number || known.headSha !== headSha;
      const data = { kind: effect.kind, name: effect.name, outcome: isNew ? 'done' : 'updated', number: pull.number, url: pull.url, status: pull.status, headSha };
      if (isNews) await this.records.append(tx, lease, { type: 'effect.done', data });
    });
  }
}

/** An answer that was lost may stand for a pull request that is there: whoever sends again looks first. */
async function createOnce(pulls: ForgePulls, wanted: NewForgePull, signal: AbortSignal): Promise<ForgePull> {
  for (let left = MOST_CREATIONS; ; left--) {
    try {
      return await pulls.create(wanted);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof AppError) || error.code !== 'github_error' || left <= 1) throw error;
      const made = await pulls.findOpen(wanted);
      if (made) return made;
    }
  }
}

/** A draft until the checks pass, and also then when the change could run code that nobody has looked at. */
function isDraft({ task, verification }: PublishRequest, change: ComposedChange): boolean {
  if ((task.options as PublishOptions).draftPullRequest === false) return false;
  return verification.status !== 'passed' || !isCommonChange(change);
}

function totals({ diff }: ComposedChange): { additions: number; deletions: number; changedFiles: number } {
  return {
    additions: diff.files.reduce((sum, file) => sum + file.additions, 0),
    deletions: diff.files.reduce((sum, file) => sum + file.deletions, 0),
    changedFiles: diff.files.length,
  };
}
