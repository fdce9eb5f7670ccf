import { changesFiles } from '@app/agent';
import type { Secret } from '@app/common';
import { UnitOfWork } from '@app/domain';
import { TaskEventBus } from '@app/messaging';
import { Injectable } from '@nestjs/common';
import type { GitWorkspace } from '../workspace/git-workspace';
import { WorkspaceFactory } from '../workspace/workspace-factory';
import type { WorkspaceRequest } from '../workspace/workspace-request';
import { AttemptFailure } from './attempt-failure';
import { AttemptRecords } from './attempt-records';
import type { Briefing } from './briefing';
import { MovedBranches, type TaskBranch } from './moved-branch';
import { RepositoryDoor, type OpenRepository } from './repository-door';
import { failureOfSetUp, hasFailed, linesOfNetwork, linesOfSetUp } from './set-up-report';

/** Characters of a set-up command's output that the task's history shows. */
const SETUP_TAIL = 4_000;
const AGENT_BRANCHES = 'async-coder/';

/** Opens the workspace of an attempt, fresh or at its last checkpoint, and writes down that it is ready. */
@Injectable()
export class AttemptWorkspaces {
  private readonly accesses = new WeakMap<GitWorkspace, OpenRepository>();

  constructor(
    private readonly factory: WorkspaceFactory,
    private readonly door: RepositoryDoor,
    private readonly branches: MovedBranches,
    private readonly uow: UnitOfWork,
    private readonly records: AttemptRecords,
    private readonly bus: TaskEventBus,
  ) {}

  /** @throws {AttemptFailure} setup_failed; {AppError} one of git's or GitHub's */
  async open(briefing: Briefing, signal: AbortSignal): Promise<GitWorkspace> {
    const repository = await this.door.open(briefing);
    try {
      const branch = await this.branches.look(briefing, repository.ref);
      const workspace = await this.factory.open(await this.request(briefing, repository, branch), signal);
      this.accesses.set(workspace, repository);
      try {
        await this.announce(workspace, briefing, branch);
        return workspace;
      } catch (error) {
        await workspace.dispose();
        throw error;
      }
    } catch (error) {
      await repository.close();
      throw error;
    }
  }

  private async request(briefing: Briefing, { ref: repository }: OpenRepository, branch: TaskBranch): Promise<WorkspaceRequest> {
    const { attempt, task } = briefing;
    const saved = await this.records.attempts.readCheckpoint(this.uow.reader, attempt.attemptId);
    return {
      taskId: task.id, attemptId: attempt.attemptId, repository, ref: task.branch, baseSha: branch.foreignSha ?? attempt.baseSha ?? task.baseSha, ownShas: branch.ownShas,
      restore: saved?.bundle ? { bundle: saved.bundle } : null, ...(await this.setUp(briefing, branch)), readOnly: !changesFiles(briefing.mode),
    };
  }

  /** Deletes the workspace, ends its access, and writes down what its agent asked of the network. */
  async close({ attempt }: Briefing, workspace: GitWorkspace): Promise<void> {
    try {
      await workspace.dispose();
    } finally {
      await this.accesses.get(workspace)?.close();
    }
    const lines = linesOfNetwork(workspace.networkLines, 'agent');
    if (lines.length === 0) return;
    await this.uow.run(async (tx) => {
      await this.records.attempts.fence(tx, attempt);
      await this.records.logs.append(tx, attempt.taskId, attempt.attemptId, lines);
    });
  }

  /** What set-up runs and finds; a publication needs none. */
  private async setUp(briefing: Briefing, { isOnBranch }: TaskBranch): Promise<Pick<WorkspaceRequest, 'setupCommand' | 'environment'>> {
    const { attempt, task, repo, settings } = briefing;
    if (attempt.stage === 'publish') return { setupCommand: null };
    const { setupCommand, allowedHosts, agentNetwork } = settings;
    // What an agent wrote on its branch would run in set-up: it gets no secrets there.
    const withSecrets = setupCommand !== null && !isOnBranch && !task.branch.startsWith(AGENT_BRANCHES);
    const secrets = withSecrets ? await this.door.setUpSecrets(briefing) : new Map<string, Secret>();
    return { setupCommand, environment: { secrets, allowedHosts, defaultBranch: repo.defaultBranch, agentNetwork: agentNetwork === 'allow-list' } };
  }

  private async announce(workspace: GitWorkspace, briefing: Briefing, branch: TaskBranch): Promise<void> {
    const { attempt: lease, settings, task } = briefing;
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
      await this.branches.tell(tx, briefing, branch, workspace.conflicts);
      if (setUp) await this.records.logs.append(tx, lease.taskId, lease.attemptId, linesOfSetUp(setUp));
    });
    this.bus.publishNews(lease.taskId);
    if (setUp && hasFailed(setUp) && settings.setupFailure === 'fail') throw new AttemptFailure('setup_failed', failureOfSetUp(command, setUp));
  }
}
