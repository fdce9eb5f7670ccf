import { AppError } from '@app/common';
import { Injectable } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { isRateLimit } from '../workspace/git.errors';
import { isOurBranch } from '../workspace/push';
import type { OpenForge } from './forges/forge';
import { withFreshAccess } from './forges/fresh-access';
import { codeOfRefusal, PublishFailure } from './publish-failure';
import { PublishRecords, type Effect } from './publish-records';
import type { PublishRequest } from './publish-request';

/** What may pass by itself. */
const PASSING = ['git_network', 'git_timeout'];
const WAITS_MS = [1_000, 4_000];

export interface PushTarget {
  readonly sha: string;
  readonly branch: string;
  readonly forge: OpenForge;
}

/** Pushes the commit to the task's branch: intent, look, push, record. */
@Injectable()
export class BranchPush {
  constructor(private readonly records: PublishRecords) {}

  /** @throws {PublishFailure} when the branch is not ours to move, or the remote refuses; {AppError} when it asks to wait */
  async push(request: PublishRequest, target: PushTarget): Promise<void> {
    const { lease, task, signal } = request;
    assertOurs(request, target);
    const effect: Effect = { kind: 'push', key: `push-${task.id}-${target.sha}`, name: target.branch };
    await this.records.intend(lease, effect, { sha: target.sha, branch: target.branch });
    try {
      await withFreshAccess(target.forge, () => this.moveBranch(request, target));
    } catch (error) {
      signal.throwIfAborted();
      const failure = pushFailure(error);
      if (failure) await this.records.refuse(lease, effect, failure.code);
      throw failure ?? error;
    }
    await this.record(request, effect, target.sha);
  }

  private async moveBranch(request: PublishRequest, { sha, branch, forge }: PushTarget): Promise<void> {
    const { task, workspace, signal, crash } = request;
    const { credentials } = forge;
    const look = (): Promise<string | null> => patiently(signal, () => workspace.lsRemote(branch, { credentials }));
    const remoteSha = await look();
    if (remoteSha === sha) return;
    const known = await this.records.ownShas(task.id);
    // Work that began at what others pushed goes on from there.
    if (remoteSha !== null && !known.has(remoteSha) && remoteSha !== workspace.baseSha) throw foreign(branch, remoteSha);
    if (remoteSha !== null && (await forge.isProtected(branch))) throw new PublishFailure('push_failed', `The branch ${branch} is protected now, so it is not moved. The patch is kept: take the protection away, then publish again.`);
    crash('push-before');
    try {
      await patiently(signal, () => workspace.push({ sha, branch, expectedRemoteSha: remoteSha, credentials }, signal));
    } catch (error) {
      signal.throwIfAborted();
      // git sends a push again by itself when its answer was lost, and is refused because the first one arrived.
      if (!isRejection(error) || (await look()) !== sha) throw error;
    }
    crash('push-after');
  }

  private record({ lease }: PublishRequest, effect: Effect, headSha: string): Promise<void> {
    return this.records.write(lease, async (tx) => {
      const isNew = await this.records.stores.effects.done(tx, effect.key, { headSha });
      if (isNew) await this.records.append(tx, lease, { type: 'effect.done', data: { kind: effect.kind, name: effect.name, outcome: 'done', headSha } });
    });
  }
}

/** Whatever a row says, only a branch of ours is written, and never one that others work on. @throws {PublishFailure} */
function assertOurs({ task, repo }: PublishRequest, { branch, forge }: PushTarget): void {
  const taken = [forge.defaultBranch, repo.defaultBranch, task.targetBranch];
  if (isOurBranch(branch) && !taken.includes(branch)) return;
  throw new PublishFailure('push_failed', `The branch ${branch.slice(0, 120)} is not one that this task may push to. The patch is kept.`);
}

function isRejection(error: unknown): boolean {
  return error instanceof AppError && error.code === 'git_push_rejected';
}

function foreign(branch: string, sha: string): PublishFailure {
  return new PublishFailure('push_failed', `The branch ${branch} was changed by somebody else (it is at ${sha.slice(0, 12)}). The patch is kept. Retry, or send a message: the next attempt builds on what is there. Or remove that branch and publish again.`);
}

/** Null: no failure of the push. */
function pushFailure(error: unknown): PublishFailure | null {
  if (error instanceof PublishFailure) return error;
  if (!(error instanceof AppError) || isRateLimit(error)) return null;
  const detail = `The branch could not be pushed: ${error.detail} The patch is kept; publish again when that is solved.`;
  if (error.code === 'git_read_only') return new PublishFailure('repository_read_only', detail, error);
  return new PublishFailure(error.code === 'github_permission_missing' ? 'github_permission_missing' : codeOfRefusal(error), detail, error);
}

async function patiently<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  for (const wait of WAITS_MS) {
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof AppError) || !PASSING.includes(error.code)) throw error;
      await sleep(wait, undefined, { signal });
    }
  }
  return work();
}
