import { CreditLedger } from '@app/billing';
import { notFound } from '@app/common';
import { recordAudit, type StaffTaskRow, TaskAdminStore, taskNotCancellable, TaskSweeps, UnitOfWork } from '@app/domain';
import { JobProducer, TaskEventBus } from '@app/messaging';
import { Injectable } from '@nestjs/common';

/** What follows the commit. Both may get lost: the sweeper and the readers' poll make up for it. */
@Injectable()
export class TaskAftermath {
  constructor(
    private readonly bus: TaskEventBus,
    private readonly jobs: JobProducer,
  ) {}

  tell(taskId: string, attemptIds: readonly string[]): void {
    this.bus.publishNews(taskId);
    for (const attemptId of attemptIds) void this.jobs.enqueue('attempt', { attemptId });
  }
}

/** Ends tasks that do not end by themselves. */
@Injectable()
export class TaskRescue {
  constructor(
    private readonly tasks: TaskAdminStore,
    private readonly sweeps: TaskSweeps,
    private readonly ledger: CreditLedger,
    private readonly unitOfWork: UnitOfWork,
    private readonly after: TaskAftermath,
  ) {}

  /** Fails a queued or running task; its held credits are given back. @throws {AppError} not_found, task_not_cancellable */
  async fail(taskId: string, reason: string): Promise<StaffTaskRow> {
    const { task, enqueue } = await this.unitOfWork.run(async (tx) => {
      const before = await this.tasks.find(tx, taskId);
      if (!before) throw notFound();
      const swept = await this.sweeps.failStuck(tx, taskId, (inner, attemptId) => this.ledger.releaseOpenHolds(inner, attemptId));
      if (!swept) throw taskNotCancellable(before.status);
      await recordAudit(tx, { organizationId: before.organizationId, action: 'task.failed_by_staff', targetType: 'task', targetId: taskId, changes: { status: { from: before.status, to: 'failed' }, reason } });
      return { task: (await this.tasks.find(tx, taskId)) ?? before, enqueue: swept.enqueue };
    });
    this.after.tell(taskId, enqueue);
    return task;
  }
}
