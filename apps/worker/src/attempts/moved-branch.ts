import { changesFiles } from '@app/agent';
import { AttemptStore, TaskEffectStore, TaskMessageStore, UnitOfWork, type Tx } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { GitCommand } from '../workspace/git-command';
import { lsRemote } from '../workspace/push';
import type { RepositoryRef } from '../workspace/workspace-request';
import type { Briefing } from './briefing';

/** What a task's branch is at the remote, and what became of it there. */
export interface TaskBranch {
  /** The commit that somebody else pushed: the attempt builds on it. Null: nobody did. */
  readonly foreignSha: string | null;
  /** What the task itself pushed. */
  readonly ownShas: ReadonlySet<string>;
  /** Whether the attempt begins at what agents or others wrote on the task's branch. */
  readonly isOnBranch: boolean;
}

const UNTOUCHED: TaskBranch = { foreignSha: null, ownShas: new Set(), isOnBranch: false };
const MOST_NAMED = 20;

/** Looks whether others went on with a task's branch while nobody worked on it: then the next attempt begins there. */
@Injectable()
export class MovedBranches {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly effects: TaskEffectStore,
    private readonly attempts: AttemptStore,
    private readonly messages: TaskMessageStore,
    private readonly git: GitCommand,
  ) {}

  /** @throws {AppError} git_network, git_auth_failed … when the remote cannot be asked */
  async look({ attempt, task, mode }: Briefing, { cloneUrl, credentials }: RepositoryRef): Promise<TaskBranch> {
    if (attempt.stage === 'publish' || task.workBranch === null || !changesFiles(mode)) return UNTOUCHED;
    const pushes = await this.effects.listOfTask(this.uow.reader, task.id, 'push');
    const ownShas = new Set(pushes.flatMap(({ status, intent }) => (status !== 'failed' && typeof intent['sha'] === 'string' ? [intent['sha']] : [])));
    if (ownShas.size === 0) return UNTOUCHED;
    const remoteSha = await lsRemote(this.git, { url: cloneUrl, credentials }, task.workBranch);
    const foreignSha = remoteSha === null || ownShas.has(remoteSha) ? null : remoteSha;
    const firstSha = await this.attempts.firstBase(this.uow.reader, task.id);
    const base = foreignSha ?? attempt.baseSha ?? task.baseSha;
    return { foreignSha, ownShas, isOnBranch: base !== null && firstSha !== null && base !== firstSha };
  }

  /** Tells the agent, once for each commit, that it begins elsewhere than it left off. */
  async tell(tx: Tx, { attempt, task }: Briefing, { foreignSha }: TaskBranch, conflicts: readonly string[]): Promise<void> {
    const occasion = `moved:${foreignSha}`;
    if (foreignSha === null || (await this.messages.hasOccasion(tx, task.id, occasion))) return;
    const content = `[From the platform] Somebody else pushed to the branch of this task: it is at ${foreignSha.slice(0, 12)} now, and the workspace begins there. Read files again before you rely on what you remember of them. ${sentenceOf(conflicts)}`.trim();
    await this.messages.append(tx, { taskId: task.id, attemptId: attempt.attemptId, role: 'user', authorUserId: null, content, metadata: { source: 'platform', occasion } });
  }
}

function sentenceOf(conflicts: readonly string[]): string {
  if (conflicts.length === 0) return '';
  const more = conflicts.length > MOST_NAMED ? ` and ${conflicts.length - MOST_NAMED} more` : '';
  return `What you had done since your last push does not fit onto it, so it is not in the workspace. Both sides changed: ${conflicts.slice(0, MOST_NAMED).join(', ')}${more}.`;
}
