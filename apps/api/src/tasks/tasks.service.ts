import { invalidField, invalidParameter, notFound, type Page, type PageRequest } from '@app/common';
import { TaskStore, UnitOfWork, type TaskChanges, type TaskText, type TaskView, type Tx } from '@app/domain';
import { JobProducer } from '@app/messaging';
import { checkCandidates, TaskCallbacks, TaskDraft, TaskStart, type CallbackRequest } from '@app/submission';
import { Injectable } from '@nestjs/common';
import type { Principal } from '../auth/principal';
import { toTaskFilter, type TaskQuery } from './dto/task-query.dto';
import type { UpdateTaskDto } from './dto/update-task.dto';
import { taskVersion } from './task-tag';

interface Change {
  readonly changes: TaskChanges;
  /** Undefined: stays as it is. Null: taken away. */
  readonly callback: CallbackRequest | null | undefined;
  readonly starts: boolean;
  readonly isConditional: boolean;
}

interface Updated {
  readonly view: TaskView;
  readonly attemptId: string | null;
}

/** Lists and changes tasks. */
@Injectable()
export class TasksService {
  constructor(
    private readonly tasks: TaskStore,
    private readonly draft: TaskDraft,
    private readonly callbacks: TaskCallbacks,
    private readonly start: TaskStart,
    private readonly unitOfWork: UnitOfWork,
    private readonly jobs: JobProducer,
  ) {}

  /** @throws {AppError} invalid_parameter */
  list(principal: Principal, query: TaskQuery, page: PageRequest): Promise<Page<TaskText>> {
    if (query.issueNumber !== undefined && query.repositoryId === undefined) throw invalidParameter('issueNumber', 'required', 'issueNumber needs repositoryId');
    return this.tasks.listText(this.unitOfWork.reader, toTaskFilter(principal.organizationId, query), page);
  }

  /**
   * Changes the given fields, and starts a draft when `draft` is false.
   * @param isConditional the caller sent If-Match and `task` is what it names
   * @throws {AppError} task_not_editable, version_conflict and what `TaskDraft.change` throws
   */
  async update(principal: Principal, task: TaskView, dto: UpdateTaskDto, isConditional: boolean): Promise<TaskView> {
    const starts = task.status === 'draft' && dto.draft === false;
    if (dto.draft === true && task.status !== 'draft') throw invalidField('/draft', 'not_allowed', 'a task cannot become a draft again');
    const callback = this.callbacks.readChange(dto);
    const changes = { ...plainChanges(task, dto), ...(await this.draft.change(principal.organizationId, task, dto)) };
    assertCandidates(task, changes);
    const { view, attemptId } = await this.unitOfWork.run((tx) => this.write(tx, task, { changes, callback, starts, isConditional }));
    if (attemptId !== null) void this.jobs.enqueue('attempt', { attemptId }, view.priority);
    return view;
  }

  private async write(tx: Tx, task: TaskView, { changes, callback, starts, isConditional }: Change): Promise<Updated> {
    const sealed = callback === undefined ? {} : { callback: await this.callbacks.seal(tx, { organizationId: task.organizationId, taskId: task.id }, callback) };
    await this.tasks.update(tx, task, { ...changes, ...sealed }, isConditional ? taskVersion(task) : null);
    const attemptId = starts ? await this.start.begin(tx, { ...task, ...changes }) : null;
    const view = await this.tasks.findForOrganization(tx, task.organizationId, task.id);
    if (!view) throw notFound();
    return { view, attemptId };
  }
}

/** Fields that are taken as they are; null counts as not sent, but for the description, which it clears. */
function plainChanges(task: TaskView, dto: UpdateTaskDto): TaskChanges {
  const { title, prompt, priority, tags, metadata, description, options, timeoutSeconds } = dto;
  const changes: TaskChanges & Record<string, unknown> = {};
  for (const [name, value] of Object.entries({ title, prompt, priority, tags, metadata })) if (value !== undefined && value !== null) changes[name] = value;
  if (description !== undefined) changes['description'] = description;
  if (dto.candidates !== undefined) changes.candidates = dto.candidates;
  if (options || timeoutSeconds) changes['options'] = { ...task.options, ...options, ...(timeoutSeconds ? { timeoutSeconds } : {}) };
  return changes;
}

/** @throws {AppError} validation_failed at /candidates */
function assertCandidates(task: TaskView, changes: TaskChanges): void {
  const { candidates = task.candidates, mode = task.mode, options = task.options } = changes;
  if (changes.candidates !== undefined || changes.mode !== undefined || changes.options !== undefined) checkCandidates({ candidates, mode, options });
}
