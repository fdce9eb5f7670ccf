import { AppError, notFound } from '@app/common';
import { GitRepoStore, recordAudit, TASK_BUSY, TaskCommands, UnitOfWork } from '@app/domain';
import { TaskEventBus } from '@app/messaging';
import { Injectable } from '@nestjs/common';
import type { Principal } from '../auth/principal';

/** Takes a repository away, with its running tasks if that is wanted. */
@Injectable()
export class Disconnection {
  constructor(
    private readonly repos: GitRepoStore,
    private readonly commands: TaskCommands,
    private readonly unitOfWork: UnitOfWork,
    private readonly bus: TaskEventBus,
  ) {}

  /** @throws {AppError} task_busy unless `isForced`, which cancels them; not_found */
  async disconnect(principal: Principal, id: string, isForced: boolean): Promise<void> {
    const { organizationId } = principal;
    const cancelled = await this.unitOfWork.run(async (tx) => {
      // The row is held, so that no task begins on it between the look and the end.
      if (!(await this.repos.lock(tx, organizationId, id))) throw notFound();
      const running = await this.repos.liveTaskIds(tx, organizationId, id);
      if (running.length > 0 && !isForced) {
        throw new AppError(TASK_BUSY, `${running.length} task(s) of this repository have not ended. Wait, or send force=true to cancel them.`, { members: { taskIds: running.slice(0, 20) } });
      }
      for (const taskId of running) await this.commands.requestCancel(tx, { organizationId, id: taskId });
      await this.repos.disconnect(tx, organizationId, id);
      await recordAudit(tx, { organizationId, action: 'repository.disconnected', targetType: 'repository', targetId: id, changes: { cancelledTaskIds: running } });
      return running;
    });
    for (const taskId of cancelled) this.bus.publishNews(taskId);
  }
}
