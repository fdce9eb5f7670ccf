import { changesFiles } from '@app/agent';
import type { Secret } from '@app/common';
import { UnitOfWork } from '@app/domain';
import { GithubApp } from '@app/github';
import { TaskEventBus } from '@app/messaging';
import { Injectable } from '@nestjs/common';
import type { GitWorkspace } from '../workspace/git-workspace';
import { WorkspaceFactory } from '../workspace/workspace-factory';
import type { RepositoryRef, WorkspaceRequest } from '../workspace/workspace-request';
import { AttemptFailure } from './attempt-failure';
import type { Briefing } from './briefing';
import { AttemptRecords } from './attempt-records';
import { RepositoryVault } from './repository-vault';
import { failureOfSetUp, hasFailed, linesOfNetwork, linesOfSetUp } from './set-up-report';

/** Characters of a set-up command's output that the task's history shows. */
const SETUP_TAIL = 4_000;
const AGENT_BRANCHES = 'async-coder/';

/** Opens the workspace of an attempt, fresh or at its last checkpoint, and writes down that it is ready. */
@Injectable()
export class AttemptWorkspaces {
  constructor(
    private readonly factory: WorkspaceFactory,
    private readonly github: GithubApp,
    private readonly uow: UnitOfWork,
    private readonly records: AttemptRecords,
    private readonly bus: TaskEventBus,
    private readonly vault: RepositoryVault,
  ) {}

  /** @throws {AttemptFailure} setup_failed; {AppError} one of git's or GitHub's */
  async open(briefing: Briefing, signal: AbortSignal): Promise<GitWorkspace> {
    const { attempt, task } = briefing;
    const saved = await this.records.attempts.readCheckpoint(this.uow.reader, attempt.attemptId);
    const workspace = await this.factory.open(
      {
        taskId: task.id, attemptId: attempt.attemptId, repository: await this.repository(briefing), ref: task.branch, baseSha: attempt.baseSha ?? task.baseSha,
        restore: saved?.bundle ? { bundle: saved.bundle } : null, ...(await this.setUp(briefing)), readOnly: !changesFiles(briefing.mode),
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

  /** Deletes the workspace and writes down what its agent asked of the network. */
  async close({ attempt }: Briefing, workspace: GitWorkspace): Promise<void> {
    await workspace.dispose();
    const lines = linesOfNetwork(workspace.networkLines, 'agent');
    if (lines.length === 0) return;
    await this.uow.run(async (tx) => {
      await this.records.attempts.fence(tx, attempt);
      await this.records.logs.append(tx, attempt.taskId, attempt.attemptId, lines);
    });
  }

  /** What set-up runs and finds; a publication needs none. */
  private async setUp({ attempt, task, repo, settings }: Briefing): Promise<Pick<WorkspaceRequest, 'setupCommand' | 'environment'>> {
    if (attempt.stage === 'publish') return { setupCommand: null };
    const { setupCommand, allowedHosts, agentNetwork } = settings;
    // What an agent wrote on its branch would run in set-up: it gets no secrets there.
    const withSecrets = setupCommand !== null && !task.branch.startsWith(AGENT_BRANCHES);
    const secrets = withSecrets ? await this.vault.setUpSecrets(repo) : new Map<string, Secret>();
    return { setupCommand, environment: { secrets, allowedHosts, defaultBranch: repo.defaultBranch, agentNetwork: agentNetwork === 'allow-list' } };
  }

  /** A token for this one repository, asked for anew: the last worker's may have expired. */
  private async repository({ repo, installation }: Briefing): Promise<RepositoryRef> {
    const at = { id: repo.id, organizationId: repo.organizationId, cloneUrl: repo.cloneUrl };
    if (repo.provider === 'git') return { ...at, credentials: await this.vault.gitCredentials(repo) };
    if (!installation || repo.githubId === null) throw new AttemptFailure('integration_not_connected', 'The GitHub App has no access to this repository. Install it there, then retry.');
    const { token } = await this.github.tokenForRepository({ installationId: installation.installationId, githubRepoId: repo.githubId, permissions: { contents: 'read' } });
    return { ...at, credentials: token };
  }

  private async announce(workspace: GitWorkspace, { attempt: lease, settings, task }: Briefing): Promise<void> {
    // A worker that takes over a publication goes on with it, also after another loss.
    const stage = lease.stage === 'publish' ? 'publish' : 'agent';
    const { setUp, baseSha } = workspace;
    const command = settings.setupCommand ?? '';
    const text = setUp ? setUp.command.output.slice(-SETUP_TAIL) : '';
    await this.uow.run(async (tx) => {
      await this.records.lifecycle.advance(tx, lease, 'in_progress', { baseSha, stage });
      await this.records.tasks.record(tx, lease.taskId, { baseSha });
      const shown = setUp && { command, exitCode: setUp.command.exitCode, durationMs: setUp.command.durationMs };
      await this.records.events.append(tx, lease.taskId, lease.attemptId, [{ type: 'workspace.ready', data: { baseSha, branch: task.branch, setup: shown, text } }]);
      if (setUp) await this.records.logs.append(tx, lease.taskId, lease.attemptId, linesOfSetUp(setUp));
    });
    this.bus.publishNews(lease.taskId);
    if (setUp && hasFailed(setUp) && settings.setupFailure === 'fail') throw new AttemptFailure('setup_failed', failureOfSetUp(command, setUp));
  }
}
