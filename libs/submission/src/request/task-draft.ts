import { Clock, invalidField, notFound } from '@app/common';
import { GitRepoStore, TaskStore, UnitOfWork, type NewTask, type RepositoryForTask, type Task, type TaskMode } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { KeyChoice } from '../models/key-choice';
import { ModelChoice, type ChosenModel } from '../models/model-choice';
import { checkCandidates } from './candidates-rule';
import { checkRef, isCommit } from './git-ref';
import { readCredits } from './read-credits';
import { onlyForReviews, reviewedChange, reviewedRefs } from './reviewed-refs';
import type { Submitter, TaskRequest, TaskRequestChange } from './task-request';
import { titleFrom } from './task-title';

const FARTHEST_SCHEDULE_MS = 366 * 86_400_000;

/** Fields of a task that an input decides, resolved and checked. */
type ResolvedFields = Partial<Pick<Task, 'mode' | 'branch' | 'targetBranch' | 'aiModelId' | 'requestedModel' | 'maxCreditsMicro' | 'scheduledAt' | 'repositoryId' | 'apiKeyId'>>;

/** Turns an input into a task: resolves what it names, fills in what it leaves out. */
@Injectable()
export class TaskDraft {
  constructor(
    private readonly repositories: GitRepoStore,
    private readonly tasks: TaskStore,
    private readonly models: ModelChoice,
    private readonly keys: KeyChoice,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /** @throws {AppError} not_found (repository, parent, own key), validation_failed, invalid_ref, invalid_model, model_unavailable, plan_limit_model */
  async create(submitter: Submitter, dto: TaskRequest): Promise<NewTask> {
    const { organizationId, userId } = submitter;
    const mode = dto.mode ?? 'code';
    const repository = await this.repository(organizationId, dto.repositoryId);
    await this.checkParent(organizationId, dto.parentTaskId);
    const refs = mode === 'pr_review' ? reviewedRefs(dto, repository.defaultBranch) : refsOf(dto, repository.defaultBranch);
    const scheduledAt = this.scheduledAt(dto.scheduledAt);
    return {
      organizationId, userId, mode, ...refs, scheduledAt,
      ...(await this.model(organizationId, { mode, model: dto.model, apiKeyId: dto.apiKeyId })),
      status: dto.draft === true ? 'draft' : scheduledAt === null ? 'queued' : 'scheduled',
      repositoryId: repository.id,
      title: dto.title ?? titleFrom(dto.prompt),
      prompt: dto.prompt,
      description: dto.description ?? null,
      priority: dto.priority ?? 'medium',
      maxCreditsMicro: readCredits(dto.maxCredits),
      timeoutSeconds: dto.timeoutSeconds ?? undefined,
      tags: dto.tags ?? [],
      parentTaskId: dto.parentTaskId ?? null,
      metadata: dto.metadata ?? {},
      options: { ...dto.options },
      candidates: checkCandidates({ candidates: dto.candidates, mode, options: { ...dto.options } }),
    };
  }

  /** The given fields of a change, checked against the task as it is. Same errors as `create`. */
  async change(organizationId: string, task: Pick<Task, 'mode' | 'repositoryId' | 'requestedModel' | 'branch' | 'targetBranch' | 'apiKeyId'>, dto: TaskRequestChange): Promise<ResolvedFields> {
    const fields: ResolvedFields = await this.modelChange(organizationId, task, dto);
    const repository = typeof dto.repositoryId !== 'string' ? null : await this.repository(organizationId, dto.repositoryId);
    if (repository) fields.repositoryId = repository.id;
    if (typeof dto.mode === 'string') fields.mode = dto.mode;
    if (typeof dto.branch === 'string') fields.branch = checkRef('branch', dto.branch);
    if (typeof dto.targetBranch === 'string') fields.targetBranch = checkRef('targetBranch', dto.targetBranch);
    Object.assign(fields, reviewedChange({ ...task, ...fields }, dto.sourcePullRequestNumber));
    if (typeof dto.maxCredits === 'number') fields.maxCreditsMicro = readCredits(dto.maxCredits);
    if (typeof dto.scheduledAt === 'string') fields.scheduledAt = this.scheduledAt(dto.scheduledAt);
    return fields;
  }

  /** Mode, model and key are checked together: what is not sent is as the task has it. */
  private async modelChange(organizationId: string, task: Pick<Task, 'mode' | 'requestedModel' | 'apiKeyId'>, { mode, model, apiKeyId }: TaskRequestChange): Promise<ResolvedFields> {
    if (mode === undefined && model === undefined && apiKeyId === undefined) return {};
    return this.model(organizationId, { mode: mode ?? task.mode, model: model ?? task.requestedModel, apiKeyId: apiKeyId === undefined ? task.apiKeyId : apiKeyId });
  }

  private async model(organizationId: string, { mode, model, apiKeyId }: { mode: TaskMode; model?: string; apiKeyId?: string | null }): Promise<ChosenModel & Pick<Task, 'apiKeyId'>> {
    const key = apiKeyId ? await this.keys.named(organizationId, apiKeyId) : null;
    return { ...(await this.models.choose(organizationId, { requested: model ?? 'auto', mode, key })), apiKeyId: key?.id ?? null };
  }

  private async repository(organizationId: string, id: string): Promise<RepositoryForTask> {
    const repository = await this.repositories.findForTask(organizationId, id.toLowerCase());
    if (!repository) throw notFound();
    if (repository.status !== 'active') throw invalidField('/repositoryId', 'not_available', `the repository is ${repository.status} and cannot be worked on`);
    return repository;
  }

  private async checkParent(organizationId: string, id: string | undefined): Promise<void> {
    if (id === undefined || id === null) return;
    const parent = await this.tasks.findForOrganization(this.unitOfWork.reader, organizationId, id);
    if (!parent) throw notFound();
    // A child shares its parent's cap of credits: one level, so that a cap is one row.
    if (parent.parentTaskId !== null) throw invalidField('/parentTaskId', 'not_allowed', 'the parent is itself a child of another task');
  }

  private scheduledAt(text: string | undefined | null): Date | null {
    if (text === undefined || text === null) return null;
    const time = new Date(text);
    const ahead = time.getTime() - this.clock.now().getTime();
    if (ahead <= 0) throw invalidField('/scheduledAt', 'too_small', 'scheduledAt must lie ahead');
    if (ahead > FARTHEST_SCHEDULE_MS) throw invalidField('/scheduledAt', 'too_large', 'scheduledAt must lie within a year');
    return time;
  }
}

function refsOf(dto: TaskRequest, defaultBranch: string): { branch: string; targetBranch: string } {
  if (dto.sourcePullRequestNumber !== undefined) throw onlyForReviews();
  const branch = checkRef('branch', dto.branch ?? defaultBranch);
  // A pull request goes to a branch, never to a commit.
  return { branch, targetBranch: checkRef('targetBranch', dto.targetBranch ?? (isCommit(branch) ? defaultBranch : branch)) };
}
