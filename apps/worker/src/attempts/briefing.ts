import { isAgentMode, type AgentMode } from '@app/agent';
import { AiModelStore, GithubInstallationStore, GitRepoStore, repositorySettings, TaskStore, UnitOfWork, type CatalogModel, type ClaimedAttempt, type GithubInstallation, type GitRepo, type ModelWireFacts, type RepositorySettings, type TaskView } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { AttemptFailure } from './attempt-failure';

/** Everything an attempt has to know before it begins, as it is now. */
export interface Briefing {
  readonly attempt: ClaimedAttempt;
  readonly task: TaskView;
  readonly mode: AgentMode;
  readonly repo: GitRepo;
  readonly settings: Required<RepositorySettings>;
  readonly installation: GithubInstallation | null;
  readonly model: CatalogModel & ModelWireFacts;
}

/** Reads what an attempt works on and re-checks what may have changed since the task was made. */
@Injectable()
export class Briefings {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly tasks: TaskStore,
    private readonly repos: GitRepoStore,
    private readonly installations: GithubInstallationStore,
    private readonly models: AiModelStore,
  ) {}

  /** @throws {AttemptFailure} integration_not_connected, provider_unavailable, internal */
  async of(attempt: ClaimedAttempt): Promise<Briefing> {
    const { organizationId, taskId } = attempt;
    const task = await this.uow.run((tx) => this.tasks.findForOrganization(tx, organizationId, taskId));
    if (!task) throw new AttemptFailure('internal', 'The task could not be read.');
    if (!isAgentMode(task.mode)) throw new AttemptFailure('incomplete', `Tasks in mode ${task.mode} cannot be run yet.`);
    const repo = await this.repos.findForOrganization(organizationId, task.repositoryId);
    if (!repo || repo.status !== 'active') throw new AttemptFailure('integration_not_connected', 'The repository is no longer connected, or its access was suspended. Connect it again, then retry.');
    const installation = repo.installationId === null ? null : await this.installations.findForOrganization(organizationId, repo.installationId);
    return { attempt, task, mode: task.mode, repo, settings: repositorySettings(repo.settings), installation, model: await this.model(task) };
  }

  private async model(task: TaskView): Promise<Briefing['model']> {
    const id = task.aiModelId;
    const [model] = id === null ? [] : await this.models.catalog(task.organizationId, { idOrName: { id } });
    if (!model) throw new AttemptFailure('provider_unavailable', 'The model of this task is no longer offered. Retry with another one.');
    if (model.prices.length === 0) throw new AttemptFailure('provider_unavailable', `${model.name} has no price in force.`);
    return { ...model, ...(await this.models.wireFacts(this.uow.reader, model.id)) };
  }
}
