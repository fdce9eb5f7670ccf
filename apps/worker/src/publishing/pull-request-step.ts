import { AppError } from '@app/common';
import { GithubPullRequests, type GithubRepoAccess, type PullRequestFacts } from '@app/github';
import { Injectable } from '@nestjs/common';
import type { ComposedChange } from './change-composer';
import { PublishFailure } from './publish-failure';
import { PublishRecords, type Effect } from './publish-records';
import type { PublishedPullRequest, PublishOptions, PublishRequest } from './publish-request';

export interface PullRequestTarget {
  readonly branch: string;
  readonly access: GithubRepoAccess;
  readonly change: ComposedChange;
}

/** Opens the task's pull request, or finds the one that is open: intent, look, create, record. */
@Injectable()
export class PullRequestStep {
  constructor(
    private readonly records: PublishRecords,
    private readonly pulls: GithubPullRequests,
  ) {}

  /** @throws {PublishFailure}; {AppError} pull_request_empty */
  async open(request: PublishRequest, target: PullRequestTarget): Promise<PublishedPullRequest> {
    const { lease, task, signal } = request;
    const head = target.branch;
    const base = task.targetBranch;
    const effect: Effect = { kind: 'pull_request', key: `pull_request-${task.id}`, name: `${head} into ${base}` };
    await this.records.intend(lease, effect, { head, base });
    try {
      const pull = await this.findOrCreate(request, target, { head, base });
      request.crash('pull-request-after');
      await this.record(request, effect, { pull, change: target.change });
      return { number: pull.number, url: pull.url, status: pull.status };
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof AppError)) throw error;
      await this.records.refuse(lease, effect, error.code);
      if (error.code === 'pull_request_empty') throw error;
      throw new PublishFailure('push_failed', `The branch ${head} was pushed, but its pull request could not be opened: ${error.detail} Publish again when that is solved.`);
    }
  }

  private async findOrCreate(request: PublishRequest, { access, change }: PullRequestTarget, between: { head: string; base: string }): Promise<PullRequestFacts> {
    const { task, verification } = request;
    const open = await this.pulls.findOpen(access, between);
    request.crash('pull-request-before');
    if (open) return open.body === change.body ? open : this.pulls.update(access, open.number, { body: change.body });
    const draft = (task.options as PublishOptions).draftPullRequest !== false && verification.status !== 'passed';
    return this.pulls.create(access, { ...between, title: change.title, body: change.body, draft });
  }

  private record({ lease, task, repo }: PublishRequest, effect: Effect, { pull, change }: { pull: PullRequestFacts; change: ComposedChange }): Promise<void> {
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

function totals({ diff }: ComposedChange): { additions: number; deletions: number; changedFiles: number } {
  return {
    additions: diff.files.reduce((sum, file) => sum + file.additions, 0),
    deletions: diff.files.reduce((sum, file) => sum + file.deletions, 0),
    changedFiles: diff.files.length,
  };
}
