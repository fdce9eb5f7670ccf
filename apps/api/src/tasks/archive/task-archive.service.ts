import { AppError } from '@app/common';
import { isEnded, recordAudit, TASK_BUSY, TaskStore, UnitOfWork, type TaskView, type Tx } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { hasRole, type Principal } from '../../auth/principal';
import type { ArchivedTasksResponse, SkippedTask } from '../dto/archive.dto';
import { TaskRows } from '../task-rows';

/** Takes ended tasks out of the list, and back. Nothing is deleted, and a task that goes on is back by itself. */
@Injectable()
export class TaskArchive {
  constructor(
    private readonly tasks: TaskStore,
    private readonly rows: TaskRows,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** Safe to repeat. @throws {AppError} task_busy while the task has not ended */
  set(task: TaskView, archived: boolean): Promise<TaskView> {
    return this.unitOfWork.run(async (tx) => {
      if (!(await this.write(tx, task, archived))) throw new AppError(TASK_BUSY, `The task is ${task.status}; only one that has ended can be archived.`, { members: { taskStatus: task.status } });
      return this.rows.task(tx, task);
    });
  }

  /** Archives those that can be, and says of the others why not. */
  async setAll(principal: Principal, ids: readonly string[]): Promise<ArchivedTasksResponse> {
    const archived: string[] = [];
    const skipped: SkippedTask[] = [];
    await this.unitOfWork.run(async (tx) => {
      archived.length = skipped.length = 0;
      // In one order, so that two calls with the same tasks do not wait for each other in a circle.
      for (const id of [...ids].map((text) => text.toLowerCase()).sort()) {
        const code = await this.archive(tx, principal, id);
        if (code === null) archived.push(id);
        else skipped.push({ id, code });
      }
    });
    return { archived, skipped };
  }

  private async archive(tx: Tx, principal: Principal, id: string): Promise<SkippedTask['code'] | null> {
    const task = await this.tasks.findForOrganization(tx, principal.organizationId, id);
    if (!task) return 'not_found';
    if (task.userId !== principal.userId && !hasRole(principal.role, 'admin')) return 'forbidden';
    return isEnded(task.status) && (await this.write(tx, task, true)) ? null : 'task_busy';
  }

  private async write(tx: Tx, { organizationId, id, archivedAt }: TaskView, archived: boolean): Promise<boolean> {
    const done = await this.tasks.setArchived(tx, organizationId, id, archived);
    if (done && (archivedAt !== null) !== archived) await recordAudit(tx, { organizationId, action: archived ? 'task.archived' : 'task.unarchived', targetType: 'task', targetId: id });
    return done;
  }
}
