import { logContext } from '@app/common';
import { TaskStore, UnitOfWork } from '@app/domain';
import { JobProducer } from '@app/messaging';
import { Injectable } from '@nestjs/common';
import type { Principal } from '../../auth/principal';
import type { IdempotentCall } from '../../http/idempotency/idempotent-call';
import type { CreateTaskDto } from '../dto/create-task.dto';
import { taskJson } from '../task-json';
import { taskTag } from '../task-tag';
import { TaskAdmission } from './task-admission';
import { TaskCallbacks } from './task-callbacks';
import { TaskDraft } from './task-draft';

/** A new task as it is answered. */
export interface TaskAnswer {
  readonly json: string;
  readonly location: string;
  readonly tag: string;
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

  async create(principal: Principal, dto: CreateTaskDto, call: IdempotentCall | null): Promise<TaskAnswer> {
    const callback = this.callbacks.read(dto);
    const task = await this.draft.create(principal, dto);
    const { attemptId, answer } = await this.unitOfWork.run(async (tx) => {
      await this.admission.assertOneMoreToday(tx, principal.organizationId);
      if (task.status === 'queued') await this.admission.assertCanAfford(tx, task);
      const { attemptId, text } = await this.tasks.create(tx, { ...task, requestId: logContext().requestId ?? null, callback: await this.callbacks.seal(tx, principal, callback) });
      const answer = { json: taskJson(text), location: `/api/v1/tasks/${text.id}`, tag: taskTag(text) };
      await call?.complete(tx, { status: 201, body: answer.json, headers: { Location: answer.location, ETag: answer.tag } });
      return { attemptId, answer };
    });
    if (attemptId !== null) void this.jobs.enqueue('attempt', { attemptId }, task.priority);
    return answer;
  }
}
