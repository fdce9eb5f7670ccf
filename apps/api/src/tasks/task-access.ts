import { AppError, FORBIDDEN, notFound } from '@app/common';
import { TaskStore, UnitOfWork, type TaskDetailsText, type TaskMode, type TaskView } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { hasRole, type Principal } from '../auth/principal';
import { RepositoryAccess } from '../git-repos/access/repository-access';

/** Finds the task a caller names, and says whether it is the caller's to change. */
@Injectable()
export class TaskAccess {
  constructor(
    private readonly tasks: TaskStore,
    private readonly unitOfWork: UnitOfWork,
    private readonly repositories: RepositoryAccess,
  ) {}

  /** @throws {AppError} not_found when it is missing or another organization's */
  async visible(principal: Principal, id: string): Promise<TaskView> {
    const task = await this.tasks.findForOrganization(this.unitOfWork.reader, principal.organizationId, id);
    if (!task) throw notFound();
    return task;
  }

  /** The same for an answer that only shows it. @throws {AppError} not_found */
  async shown(principal: Principal, id: string): Promise<TaskDetailsText> {
    const task = await this.tasks.readText(this.unitOfWork.reader, principal.organizationId, id);
    if (!task) throw notFound();
    return task;
  }

  /** Who made it, while still a member, and admins. @throws {AppError} not_found, forbidden */
  async own(principal: Principal, id: string): Promise<TaskView> {
    const task = await this.visible(principal, id);
    if (task.userId !== principal.userId && !hasRole(principal.role, 'admin')) throw new AppError(FORBIDDEN, 'Only who made the task, or an admin of the organization, may do this.');
    return task;
  }

  /** What lets its work go on asks for the level in its repository that a new task would ask for. Returns the task. @throws {AppError} as `RepositoryAccess.requireForTask` */
  async toWorkOn(principal: Principal, task: TaskView, change: { readonly repositoryId?: string | null; readonly mode?: TaskMode | null } = {}): Promise<TaskView> {
    await this.repositories.requireForTask(principal, change.repositoryId ?? task.repositoryId, change.mode ?? task.mode);
    return task;
  }
}
