import { Clock, invalidField, notFound } from '@app/common';
import { GitRepoStore, TaskStore, UnitOfWork, type GitRepo, type NewTask, type Task, type TaskMode } from '@app/domain';
import { Injectable } from '@nestjs/common';
import type { Principal } from '../../auth/principal';
import type { CreateTaskDto } from '../dto/create-task.dto';
import { readCredits } from '../dto/rules';
import { checkRef, isCommit } from './git-ref';
import { ModelChoice } from './model-choice';
import { titleFrom } from './task-title';

/** The modes whose work is built. */
const BUILT_MODES: readonly TaskMode[] = ['code', 'ask'];
const FARTHEST_SCHEDULE_MS = 366 * 86_400_000;

/** Fields of a task that an input decides, resolved and checked. */
type ResolvedFields = Partial<Pick<Task, 'mode' | 'branch' | 'targetBranch' | 'aiModelId' | 'requestedModel' | 'maxCreditsMicro' | 'scheduledAt' | 'repositoryId'>>;

/** Turns an input into a task: resolves what it names, fills in what it leaves out. */
@Injectable()
export class TaskDraft {
  constructor(
    private readonly repositories: GitRepoStore,
    private readonly tasks: TaskStore,
    private readonly models: ModelChoice,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /** @throws {AppError} not_found (repository, parent), validation_failed, invalid_ref, invalid_model, model_unavailable, plan_limit_model */
  async create(principal: Principal, dto: CreateTaskDto): Promise<NewTask> {
    const { organizationId, userId } = principal;
    const mode = builtMode(dto.mode ?? 'code');
    const repository = await this.repository(organizationId, dto.repositoryId);
    await this.checkParent(organizationId, dto.parentTaskId);
    const refs = refsOf(dto, repository.defaultBranch);
    const scheduledAt = this.scheduledAt(dto.scheduledAt);
    return {
      organizationId, userId, mode, ...refs, scheduledAt,
      ...(await this.models.choose(organizationId, dto.model ?? 'auto', mode)),
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
    };
  }

  /** The given fields of a change, checked against the task as it is. Same errors as `create`. */
  async change(organizationId: string, task: Pick<Task, 'mode' | 'repositoryId' | 'requestedModel' | 'branch'>, dto: Partial<CreateTaskDto>): Promise<ResolvedFields> {
    const fields: ResolvedFields = {};
    const repository = dto.repositoryId === undefined ? null : await this.repository(organizationId, dto.repositoryId);
    if (repository) fields.repositoryId = repository.id;
    if (dto.mode !== undefined) fields.mode = builtMode(dto.mode);
    if (dto.mode !== undefined || dto.model !== undefined) {
      Object.assign(fields, await this.models.choose(organizationId, dto.model ?? task.requestedModel, dto.mode ?? task.mode));
    }
    if (typeof dto.branch === 'string') fields.branch = checkRef('branch', dto.branch);
    if (typeof dto.targetBranch === 'string') fields.targetBranch = checkRef('targetBranch', dto.targetBranch);
    if (typeof dto.maxCredits === 'number') fields.maxCreditsMicro = readCredits(dto.maxCredits);
    if (typeof dto.scheduledAt === 'string') fields.scheduledAt = this.scheduledAt(dto.scheduledAt);
    return fields;
  }

  private async repository(organizationId: string, id: string): Promise<GitRepo> {
    const repository = await this.repositories.findForOrganization(organizationId, id.toLowerCase());
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

function builtMode(mode: TaskMode): TaskMode {
  if (!BUILT_MODES.includes(mode)) throw invalidField('/mode', 'not_available', `mode ${mode} is not available yet; there are: ${BUILT_MODES.join(', ')}`);
  return mode;
}

function refsOf(dto: CreateTaskDto, defaultBranch: string): { branch: string; targetBranch: string } {
  const branch = checkRef('branch', dto.branch ?? defaultBranch);
  // A pull request goes to a branch, never to a commit.
  return { branch, targetBranch: checkRef('targetBranch', dto.targetBranch ?? (isCommit(branch) ? defaultBranch : branch)) };
}
