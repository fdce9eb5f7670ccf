import { UnitOfWork } from '@app/domain';
import { GithubApp } from '@app/github';
import { TaskEventBus } from '@app/messaging';
import { Injectable } from '@nestjs/common';
import type { GitWorkspace } from '../workspace/git-workspace';
import { WorkspaceFactory } from '../workspace/workspace-factory';
import type { RepositoryRef } from '../workspace/workspace-request';
import { AttemptFailure } from './attempt-failure';
import type { Briefing } from './briefing';
import { AttemptRecords } from './attempt-records';

/** Characters of a set-up command's output that the task's history shows. */
const SETUP_TAIL = 4_000;

/** Opens the workspace of an attempt, fresh or at its last checkpoint, and writes down that it is ready. */
@Injectable()
export class AttemptWorkspaces {
  constructor(
    private readonly factory: WorkspaceFactory,
    private readonly github: GithubApp,
    private readonly uow: UnitOfWork,
    private readonly records: AttemptRecords,
    private readonly bus: TaskEventBus,
  ) {}

  /** @throws {AttemptFailure} setup_failed; {AppError} one of git's or GitHub's */
  async open(briefing: Briefing, signal: AbortSignal): Promise<GitWorkspace> {
    const { attempt, task, settings } = briefing;
    const saved = await this.records.attempts.readCheckpoint(this.uow.reader, attempt.attemptId);
    const workspace = await this.factory.open(
      {
        taskId: task.id, attemptId: attempt.attemptId, repository: await this.repository(briefing), ref: task.branch, baseSha: attempt.baseSha ?? task.baseSha,
        restore: saved?.bundle ? { bundle: saved.bundle } : null, setupCommand: settings.setupCommand, readOnly: briefing.mode === 'ask',
      },
      signal,
    );
    try {
      await this.announce(workspace, briefing);
      return workspace;
    } catch (error) {
      await workspace.dispose();
      throw error;
    }
  }

  /** A token for this one repository, asked for anew: the last worker's may have expired. */
  private async repository({ repo, installation }: Briefing): Promise<RepositoryRef> {
    const at = { id: repo.id, organizationId: repo.organizationId, cloneUrl: repo.cloneUrl };
    if (repo.provider === 'git') return { ...at, credentials: null };
    if (!installation || repo.githubId === null) throw new AttemptFailure('integration_not_connected', 'The GitHub App has no access to this repository. Install it there, then retry.');
    const { token } = await this.github.tokenForRepository({ installationId: installation.installationId, githubRepoId: repo.githubId, permissions: { contents: 'read' } });
    return { ...at, credentials: token };
  }

  private async announce(workspace: GitWorkspace, { attempt: lease, settings, task }: Briefing): Promise<void> {
    // A worker that takes over a publication goes on with it, also after another loss.
    const stage = lease.stage === 'publish' ? 'publish' : 'agent';
    const { setup, baseSha } = workspace;
    const failed = setup !== null && setup.exitCode !== 0;
    const command = settings.setupCommand ?? '';
    const text = setup ? setup.output.slice(-SETUP_TAIL) : '';
    await this.uow.run(async (tx) => {
      await this.records.lifecycle.advance(tx, lease, 'in_progress', { baseSha, stage });
      await this.records.tasks.record(tx, lease.taskId, { baseSha });
      const shown = setup && { command, exitCode: setup.exitCode, durationMs: setup.durationMs };
      await this.records.events.append(tx, lease.taskId, lease.attemptId, [{ type: 'workspace.ready', data: { baseSha, branch: task.branch, setup: shown, text } }]);
      if (setup) await this.records.logs.append(tx, lease.taskId, lease.attemptId, [{ level: failed ? 'error' : 'info', source: 'setup', message: setup.output }]);
    });
    this.bus.publishNews(lease.taskId);
    if (failed) throw new AttemptFailure('setup_failed', `The set-up command "${command}" ended with exit code ${setup.exitCode ?? 'none'}. Its output is in the task's log.`);
  }
}
