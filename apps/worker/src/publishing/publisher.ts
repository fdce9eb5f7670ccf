import { AppError } from '@app/common';
import { Injectable } from '@nestjs/common';
import { BranchPush } from './branch-push';
import { composeChange, type ComposedChange } from './change-composer';
import { CheckRunStep, type CheckTarget } from './check-run-step';
import { Forges } from './forges/forges';
import type { OpenForge } from './forges/forge';
import { PublishFailure } from './publish-failure';
import { PublishRecords } from './publish-records';
import type { PublishedPullRequest, PublishOptions, PublishOutcome, PublishRequest } from './publish-request';
import { PullRequestStep } from './pull-request-step';
import { taskReport } from './report';

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
    private readonly checks: CheckRunStep,
    private readonly forges: Forges,
  ) {}

  /** @throws {StopError} when the signal fired or the lease was lost; {AppError} when the forge asks to wait; anything that was not foreseen */
  async publish(request: PublishRequest): Promise<PublishOutcome> {
    const change = await composeChange(request);
    request.crash('results-before');
    await this.keepResults(request, change);
    request.crash('results-after');
    if (change.commit.empty) return { kind: 'no_changes' };
    if (change.secrets.length > 0) return { kind: 'failed', code: 'push_failed', message: secretsMessage(change) };
    // The task that it tries publishes the one it chooses.
    if (request.task.source === 'candidate') return { kind: 'kept' };
    if (change.decision === 'held') return { kind: 'held', files: change.flagged };
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
    const { repo, installation, signal, task } = request;
    if (repo.isArchived) throw readOnly(`The repository ${repo.fullName} is archived: nothing can be pushed to it.`);
    const branch = task.workBranch ?? `async-coder/${task.id}`;
    const forge = await this.forges.open({ repo, installation, signal, withWorkflows: change.flagged.some(({ kind }) => kind === 'workflow') });
    try {
      if (forge.readOnly !== null) throw readOnly(forge.readOnly);
      await this.branch.push(request, { sha: change.commit.sha, branch, forge });
      const check = forge.checks && { forge, checks: forge.checks, change };
      if (check) await this.checks.begin(request, check);
      if (forge.noChecks !== null) await this.checks.leaveOut(request, change, { code: 'github_permission_missing', why: forge.noChecks });
      const pullRequest = await this.pullRequest(request, { change, branch, forge }, check);
      return { kind: 'published', headSha: change.commit.sha, branch, pullRequest, leftOut: change.leftOut };
    } finally {
      await forge.close();
    }
  }

  /** A check that was begun is ended whatever becomes of the pull request: one that is at work for ever would block its branch. */
  private async pullRequest(request: PublishRequest, { change, branch, forge }: { change: ComposedChange; branch: string; forge: OpenForge }, check: CheckTarget | null): Promise<PublishedPullRequest | null> {
    const { createPullRequest } = request.task.options as PublishOptions;
    const end = (): Promise<void> => (check ? this.checks.end(request, check) : Promise.resolve());
    try {
      const made = forge.pulls === null || createPullRequest === false ? null : await this.pullRequests.open(request, { branch, forge, pulls: forge.pulls, change });
      await end();
      return made;
    } catch (error) {
      if (error instanceof PublishFailure) await end();
      throw error;
    }
  }

  /** First of all: whatever happens to the push, the work can be read. */
  private async keepResults(request: PublishRequest, change: ComposedChange): Promise<void> {
    const { lease, task, submission, verification, model, standIn, workspace } = request;
    const of = { organizationId: task.organizationId, taskId: task.id, attemptId: lease.attemptId };
    const { decision, flagged } = change;
    const metadata = { baseSha: workspace.baseSha, headSha: change.commit.sha, ...(flagged.length === 0 ? {} : { protectedFiles: flagged.slice(0, MOST_NAMED) }) };
    const report = taskReport({ submission, verification, leftOut: change.leftOut, flagged: change.flagged, model, standIn });
    const { results } = this.records.stores;
    const patch = await this.records.staged(of.organizationId, 'text/x-patch', Buffer.from(change.diff.patch));
    await this.records.write(lease, async (tx) => {
      const { created } = await results.put(tx, { ...of, type: 'diff', title: change.title, mediaType: 'application/json', content: Buffer.from(JSON.stringify(change.diff.files)), metadata });
      await results.put(tx, { ...of, type: 'patch', title: change.title, mediaType: 'text/x-patch', content: patch, metadata });
      await results.put(tx, { ...of, type: 'report', title: change.title, summary: submission.summary, mediaType: 'text/markdown', content: Buffer.from(report), metadata });
      if (created && decision !== 'clear') await this.records.append(tx, lease, { type: 'policy', data: { decision, headSha: change.commit.sha, files: flagged.slice(0, MOST_NAMED), text: policySentence(change) } });
    });
  }
}

/** Files that events and results name; the diff has them all. */
const MOST_NAMED = 100;

function readOnly(detail: string): PublishFailure {
  return new PublishFailure('repository_read_only', `${detail} The patch is kept; publish again when it can be written to.`);
}

function policySentence({ decision, flagged, isApproved }: ComposedChange): string {
  const what = `Files that run code, or decide what runs, were changed: ${flagged.slice(0, 5).map(({ path }) => path).join(', ')}${flagged.length > 5 ? ` and ${flagged.length - 5} more` : ''}.`;
  if (decision === 'held') return `${what} Nothing is pushed before somebody approves.`;
  return isApproved ? `${what} Somebody approved this.` : what;
}

/** Names file and kind, never the value. */
function secretsMessage({ secrets, diff }: ComposedChange): string {
  const lines = diff.patch.split('\n');
  const fileAt = (line: number): string => lines.slice(0, line).findLast((text) => text.startsWith('+++ ') || text.startsWith('diff --git '))?.replace(/^(\+\+\+ (b\/)?|diff --git )/, '') ?? 'the change';
  const places = [...new Set(secrets.map(({ where, line, kind }) => `${kind} in ${where === 'patch' ? fileAt(line) : `the ${where}`}`))];
  const shown = places.slice(0, 5).join('; ');
  return `Not pushed: the change holds what looks like a credential (${shown}${places.length > 5 ? `; and ${places.length - 5} more` : ''}). The patch is kept: remove it there, and replace the credential if it is real.`;
}
