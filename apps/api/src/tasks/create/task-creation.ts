import { logContext } from '@app/common';
import { TaskStore, UnitOfWork, type NewTask, type TaskDetailsText, type Tx } from '@app/domain';
import { JobProducer } from '@app/messaging';
import { Injectable } from '@nestjs/common';
import type { Principal } from '../../auth/principal';
import type { IdempotentCall } from '../../http/idempotency/idempotent-call';
import type { CreateTaskDto } from '../dto/create-task.dto';
import { taskJson } from '../task-json';
import { taskTag } from '../task-tag';
import { TaskAdmission } from './task-admission';
import { TaskCallbacks, type CallbackRequest } from './task-callbacks';
import { TaskDraft } from './task-draft';

/** A new task as it is answered. */
export interface TaskAnswer {
  readonly json: string;
  readonly location: string;
  readonly tag: string;
}

/** A task that was written; the attempt is enqueued after the commit. */
export interface MadeTask {
  readonly taskId: string;
  readonly attemptId: string | null;
  readonly answer: TaskAnswer;
}

interface WantedTask {
  readonly task: NewTask;
  readonly callback: CallbackRequest | null;
}

/** POST /tasks: check, save all of it in one transaction, enqueue after the commit. */
@Injectable()
export class TaskCreation {
  constructor(
    private readonly draft: TaskDraft,
    private readonly admission: TaskAdmission,
    private readonly tasks: TaskStore,
    private readonly unitOfWork: UnitOfWork,
    private readonly jobs: JobProducer,
    private readonly callbacks: TaskCallbacks,
  ) {}

  /** @param also what a task has that no caller can ask for */
  async create(principal: Principal, dto: CreateTaskDto, call: IdempotentCall | null, also: Partial<NewTask> = {}): Promise<TaskAnswer> {
    const callback = this.callbacks.read(dto);
    const task = { ...(await this.draft.create(principal, dto)), ...also };
    const { attemptId, answer } = await this.unitOfWork.run(async (tx) => {
      const made = await this.write(tx, principal, { task, callback });
      const { json, location, tag } = made.answer;
      await call?.complete(tx, { status: 201, body: json, headers: { Location: location, ETag: tag } });
      return made;
    });
    if (attemptId !== null) void this.jobs.enqueue('attempt', { attemptId }, task.priority);
    return answer;
  }

  /** The part of it that is one transaction. @throws {AppError} plan_limit_tasks_per_day, insufficient_credits, not_found */
  async write(tx: Tx, principal: Principal, { task, callback }: WantedTask): Promise<MadeTask> {
    await this.admission.assertOneMoreToday(tx, task);
    if (task.status === 'queued') await this.admission.assertCanAfford(tx, task);
    const { taskId, attemptId, text } = await this.tasks.create(tx, { ...task, requestId: logContext().requestId ?? null, callback: await this.callbacks.seal(tx, principal, callback) });
    return { taskId, attemptId, answer: taskAnswer(text) };
  }
}

export function taskAnswer(text: TaskDetailsText): TaskAnswer {
  return { json: taskJson(text), location: `/api/v1/tasks/${text.id}`, tag: taskTag(text) };
}
