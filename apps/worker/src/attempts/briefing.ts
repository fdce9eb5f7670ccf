import { changesFiles, isAgentMode, type AgentMode } from '@app/agent';
import { GithubInstallationStore, GitRepoStore, pinnedPlanOwner, repositorySettings, TaskPlanStore, TaskStore, UnitOfWork, type CatalogModel, type ClaimedAttempt, type GithubInstallation, type GitRepo, type RepositorySettings, type TaskPlan, type TaskView } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { AttemptFailure } from './attempt-failure';
import { ModelRouting, type NamedAgent } from './model-routing';
import type { OpenedReview } from './opened-review';

/** Everything an attempt has to know before it begins, as it is now. */
export interface Briefing {
  readonly attempt: ClaimedAttempt;
  readonly task: TaskView;
  /** How the agent works now: a task whose plan must be approved begins as `architect`, one that examines documents is `documentation_check`. */
  readonly mode: AgentMode;
  /** The approved plan that the attempt carries out. */
  readonly plan: TaskPlan | null;
  /** In mode pr_review, once the workspace is there. */
  readonly review?: OpenedReview | null;
  readonly repo: GitRepo;
  readonly settings: Required<RepositorySettings>;
  readonly installation: GithubInstallation | null;
  /** The command-line agent that does the work; null: our own loop. */
  readonly agent: NamedAgent | null;
  /** The model that the attempt begins with. */
  readonly model: CatalogModel;
  /** Models that go on when it does not answer, best first. */
  readonly standIns: readonly CatalogModel[];
  /** Writes summaries of long conversations in its place; null: it does so itself. */
  readonly summariser: CatalogModel | null;
  /** Why it is this model, as it is kept and shown; empty for work that calls none. */
  readonly routing: Readonly<Record<string, unknown>>;
}

/** Reads what an attempt works on and re-checks what may have changed since the task was made. */
@Injectable()
export class Briefings {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly tasks: TaskStore,
    private readonly repos: GitRepoStore,
    private readonly installations: GithubInstallationStore,
    private readonly models: ModelRouting,
    private readonly plans: TaskPlanStore,
  ) {}

  /** @throws {AttemptFailure} integration_not_connected, provider_unavailable, internal */
  async of(attempt: ClaimedAttempt): Promise<Briefing> {
    const { organizationId, taskId } = attempt;
    const task = await this.uow.run((tx) => this.tasks.findForOrganization(tx, organizationId, taskId));
    if (!task) throw new AttemptFailure('internal', 'The task could not be read.');
    if (!isAgentMode(task.mode)) throw new AttemptFailure('incomplete', `Tasks in mode ${String(task.mode)} cannot be run yet.`);
    const repo = await this.repos.findForOrganization(organizationId, task.repositoryId);
    if (!repo || repo.status !== 'active') throw new AttemptFailure('integration_not_connected', 'The repository is no longer connected, or its access was suspended. Connect it again, then retry.');
    const installation = repo.installationId === null ? null : await this.installations.findForOrganization(organizationId, repo.installationId);
    const plan = await this.pinnedPlan(task);
    return { attempt, task, mode: attempt.stage === 'publish' ? task.mode : workingMode(task, task.mode, plan), plan, repo, settings: repositorySettings(repo.settings), installation, ...(await this.chosen(attempt, task, repo)) };
  }

  private async pinnedPlan(task: TaskView): Promise<TaskPlan | null> {
    const owner = pinnedPlanOwner(task);
    const found = owner === null ? null : await this.plans.newest(this.uow.reader, { organizationId: task.organizationId, id: owner });
    return found?.plan ?? null;
  }

  /** A publication calls no model. */
  private async chosen(attempt: ClaimedAttempt, task: TaskView, { sizeKb }: GitRepo): Promise<Pick<Briefing, 'agent' | 'model' | 'standIns' | 'summariser' | 'routing'>> {
    if (attempt.stage === 'publish') return { agent: null, model: await this.models.named(task), standIns: [], summariser: null, routing: {} };
    return this.models.route(task, attempt, sizeKb === null ? null : Number(sizeKb));
  }
}

/** Nothing is changed before the plan for it is approved, and nothing at all where documents are only examined. */
function workingMode(task: TaskView, mode: AgentMode, plan: TaskPlan | null): AgentMode {
  const { requirePlanApproval, documentationKind } = task.options as { readonly requirePlanApproval?: boolean; readonly documentationKind?: string };
  if (mode === 'documentation' && documentationKind === 'verify') return 'documentation_check';
  return requirePlanApproval === true && plan === null && changesFiles(mode) ? 'architect' : mode;
}
