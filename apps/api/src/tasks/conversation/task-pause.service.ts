import { TaskCommands, taskNotResumable, TaskStore, UnitOfWork, type TaskView } from '@app/domain';
import { PauseReason, readCredits, TaskNews } from '@app/submission';
import { Injectable } from '@nestjs/common';
import type { Principal } from '../../auth/principal';
import { TaskRows } from '../task-rows';

/** Pauses tasks, and lets them go on. */
@Injectable()
export class TaskPause {
  constructor(
    private readonly commands: TaskCommands,
    private readonly tasks: TaskStore,
    private readonly rows: TaskRows,
    private readonly pauseReason: PauseReason,
    private readonly unitOfWork: UnitOfWork,
    private readonly news: TaskNews,
  ) {}

  /** @throws {AppError} task_not_pausable */
  async pause(principal: Principal, task: TaskView): Promise<TaskView> {
    const view = await this.unitOfWork.run(async (tx) => {
      await this.commands.requestPause(tx, task);
      await this.rows.note(tx, task.id, 'Pause requested', { userId: principal.userId });
      return this.rows.task(tx, task);
    });
    this.news.changed(task.id);
    return view;
  }

  /**
   * Goes on from the checkpoint; a new cap counts from now on.
   * @throws {AppError} task_not_resumable, validation_failed (a cap below what is used), insufficient_credits, budget_exhausted
   */
  async resume(task: TaskView, maxCredits: number | null | undefined): Promise<TaskView> {
    const { view, attemptId } = await this.unitOfWork.run(async (tx) => {
      const { status, statusReason } = await this.commands.lock(tx, task);
      if (status !== 'paused') throw taskNotResumable(status);
      const cap = readCredits(maxCredits);
      if (cap !== null) await this.tasks.update(tx, task, { maxCreditsMicro: cap }, null);
      await this.pauseReason.assertGone(tx, task, statusReason);
      const { attemptId } = await this.commands.resume(tx, task, 'resume');
      return { view: await this.rows.task(tx, task), attemptId };
    });
    this.news.queued(view, attemptId);
    return view;
  }
}
