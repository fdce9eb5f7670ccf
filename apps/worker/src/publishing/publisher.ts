import { AppError, Logger } from '@app/common';
import { GithubApp, type GithubRepoAccess } from '@app/github';
import { Injectable } from '@nestjs/common';
import { BranchPush } from './branch-push';
import { composeChange, type ComposedChange } from './change-composer';
import { PublishFailure } from './publish-failure';
import { PublishRecords } from './publish-records';
import type { PublishedPullRequest, PublishOptions, PublishOutcome, PublishRequest } from './publish-request';
import { PullRequestStep } from './pull-request-step';
import { taskReport } from './report';

/** What the token of a publication may do, and nothing else. */
const PERMISSIONS = { contents: 'write', pull_requests: 'write' } as const;

/**
 * Turns work that was handed in into results, a branch and a pull request. Each step looks before it does, so that after a crash the
 * whole may be run again: one branch, one pull request.
 */
@Injectable()
export class Publisher {
  constructor(
    private readonly records: PublishRecords,
    private readonly branch: BranchPush,
    private readonly pullRequests: PullRequestStep,
    private readonly github: GithubApp,
    private readonly logger: Logger,
  ) {}

  /** @throws {StopError} when the signal fired or the lease was lost; anything else that was not foreseen */
  async publish(request: PublishRequest): Promise<PublishOutcome> {
    const change = await composeChange(request);
    request.crash('results-before');
    await this.keepResults(request, change);
    request.crash('results-after');
    if (change.commit.empty) return { kind: 'no_changes' };
    if (change.secrets.length > 0) return { kind: 'failed', code: 'push_failed', message: secretsMessage(change) };
    // The task that it tries publishes the one it chooses.
    if (request.task.source === 'candidate') return { kind: 'kept' };
    request.signal.throwIfAborted();
    try {
      return await this.handOver(request, change);
    } catch (error) {
      request.signal.throwIfAborted();
      if (error instanceof PublishFailure) return { kind: 'failed', code: error.code, message: error.message };
      if (error instanceof AppError && error.code === 'pull_request_empty') return { kind: 'no_changes' };
      throw error;
    }
  }

  private async handOver(request: PublishRequest, change: ComposedChange): Promise<PublishOutcome> {
    const branch = request.task.workBranch ?? `async-coder/${request.task.id}`;
    const access = await this.access(request);
    try {
      await this.branch.push(request, { sha: change.commit.sha, branch, token: access?.token ?? null });
      const pullRequest = await this.pullRequest(request, { change, branch, access });
      return { kind: 'published', headSha: change.commit.sha, branch, pullRequest, leftOut: change.leftOut };
    } finally {
      if (access) await this.github.revoke(access.token).catch((error: unknown) => this.logger.warn('a GitHub token could not be revoked; it dies within the hour', { err: error }));
    }
  }

  private async pullRequest(request: PublishRequest, { change, branch, access }: { change: ComposedChange; branch: string; access: GithubRepoAccess | null }): Promise<PublishedPullRequest | null> {
    const { createPullRequest } = request.task.options as PublishOptions;
    if (access === null || createPullRequest === false) return null;
    return this.pullRequests.open(request, { branch, access, change });
  }

  /** A token for this repository alone; null where the remote is no forge. @throws {PublishFailure} */
  private async access({ repo, installation, signal }: PublishRequest): Promise<GithubRepoAccess | null> {
    if (repo.provider === 'git') return null;
    if (installation === null || repo.githubId === null) {
      throw new PublishFailure('integration_not_connected', 'The GitHub App has no access to this repository. The patch is kept: install the App there, then publish again.');
    }
    try {
      const { token, fullName } = await this.github.tokenForRepository({ installationId: installation.installationId, githubRepoId: repo.githubId, permissions: PERMISSIONS }, signal);
      // GitHub looks pull requests up by the owner's name of today, and a repository may have been renamed.
      return { token, fullName: fullName ?? repo.fullName };
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof AppError)) throw error;
      const code = error.code.startsWith('integration_') ? 'integration_not_connected' : 'push_failed';
      throw new PublishFailure(code, `GitHub gave no access to push with: ${error.detail} The patch is kept; publish again when that is solved.`);
    }
  }

  /** First of all: whatever happens to the push, the work can be read. */
  private async keepResults(request: PublishRequest, change: ComposedChange): Promise<void> {
    const { lease, task, submission, verification, model, standIn, workspace } = request;
    const of = { organizationId: task.organizationId, taskId: task.id, attemptId: lease.attemptId };
    const metadata = { baseSha: workspace.baseSha, headSha: change.commit.sha };
    const report = taskReport({ submission, verification, leftOut: change.leftOut, model, standIn });
    const { results } = this.records.stores;
    const patch = await this.records.staged(of.organizationId, 'text/x-patch', Buffer.from(change.diff.patch));
    await this.records.write(lease, async (tx) => {
      await results.put(tx, { ...of, type: 'diff', title: change.title, mediaType: 'application/json', content: Buffer.from(JSON.stringify(change.diff.files)), metadata });
      await results.put(tx, { ...of, type: 'patch', title: change.title, mediaType: 'text/x-patch', content: patch, metadata });
      await results.put(tx, { ...of, type: 'report', title: change.title, summary: submission.summary, mediaType: 'text/markdown', content: Buffer.from(report), metadata });
    });
  }
}

/** Names file and kind, never the value. */
function secretsMessage({ secrets, diff }: ComposedChange): string {
  const lines = diff.patch.split('\n');
  const fileAt = (line: number): string => lines.slice(0, line).findLast((text) => text.startsWith('+++ ') || text.startsWith('diff --git '))?.replace(/^(\+\+\+ (b\/)?|diff --git )/, '') ?? 'the change';
  const places = [...new Set(secrets.map(({ where, line, kind }) => `${kind} in ${where === 'patch' ? fileAt(line) : `the ${where}`}`))];
  const shown = places.slice(0, 5).join('; ');
  return `Not pushed: the change holds what looks like a credential (${shown}${places.length > 5 ? `; and ${places.length - 5} more` : ''}). The patch is kept: remove it there, and replace the credential if it is real.`;
}
