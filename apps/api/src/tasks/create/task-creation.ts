import { logContext, notFound } from '@app/common';
import { TaskStore, UnitOfWork, type TaskView } from '@app/domain';
import { JobProducer } from '@app/messaging';
import { Injectable } from '@nestjs/common';
import type { Principal } from '../../auth/principal';
import type { IdempotentCall } from '../../http/idempotency/idempotent-call';
import type { CreateTaskDto } from '../dto/create-task.dto';
import { TaskResponse } from '../dto/task.response';
import { taskTag } from '../task-tag';
import { TaskAdmission } from './task-admission';
import { TaskCallbacks } from './task-callbacks';
import { TaskDraft } from './task-draft';

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

  async create(principal: Principal, dto: CreateTaskDto, call: IdempotentCall | null): Promise<TaskView> {
    const callback = this.callbacks.read(dto);
    const task = await this.draft.create(principal, dto);
    const { view, attemptId } = await this.unitOfWork.run(async (tx) => {
      await this.admission.assertOneMoreToday(tx, principal.organizationId);
      if (task.status === 'queued') await this.admission.assertCanAfford(tx, task);
      const created = await this.tasks.create(tx, { ...task, requestId: logContext().requestId ?? null, callback: await this.callbacks.seal(tx, principal.organizationId, callback) });
      const view = await this.tasks.findForOrganization(tx, principal.organizationId, created.taskId);
      if (!view) throw notFound();
      await call?.complete(tx, { status: 201, body: TaskResponse.from(view), headers: { Location: `/api/v1/tasks/${view.id}`, ETag: taskTag(view) } });
      return { view, attemptId: created.attemptId };
    });
    if (attemptId !== null) void this.jobs.enqueue('attempt', { attemptId }, view.priority);
    return view;
  }
}
