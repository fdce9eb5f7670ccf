import { TaskCommands, UnitOfWork, taskNotCancellable, type AttemptRow, type CancelResult, type QueuedAttempt, type TaskView, type Tx } from '@app/domain';
import { TaskAdmission, TaskDraft, TaskNews } from '@app/submission';
import { Injectable } from '@nestjs/common';
import type { Principal } from '../auth/principal';
import type { PublishTaskDto, RetryTaskDto } from './dto/task-control.dto';
import { TaskRows } from './task-rows';

/** What people ask of a task that exists: cancel, retry, publish. */
@Injectable()
export class TaskControl {
  constructor(
    private readonly rows: TaskRows,
    private readonly commands: TaskCommands,
    private readonly admission: TaskAdmission,
    private readonly draft: TaskDraft,
    private readonly unitOfWork: UnitOfWork,
    private readonly news: TaskNews,
  ) {}

  /** Cancels; the reason goes into the task's log. A task that had ended stays as it is. */
  async cancel(principal: Principal, task: TaskView, reason?: string | null): Promise<{ view: TaskView; result: CancelResult }> {
    const done = await this.unitOfWork.run(async (tx) => {
      const result = await this.commands.requestCancel(tx, task);
      if (result !== 'ended') await this.rows.note(tx, task.id, `Cancel requested${reason ? `: ${reason}` : ''}`, { userId: principal.userId });
      return { result, view: await this.rows.task(tx, task) };
    });
    if (done.result !== 'ended') this.news.changed(task.id);
    return done;
  }

  /** @throws {AppError} task_not_cancellable */
  async cancelLive(principal: Principal, task: TaskView, reason?: string | null): Promise<{ view: TaskView; result: CancelResult }> {
    const done = await this.cancel(principal, task, reason);
    if (done.result === 'ended') throw taskNotCancellable(done.view.status);
    return done;
  }

  /** @throws {AppError} task_not_retryable, insufficient_credits, not_found (own key), validation_failed at /apiKeyId, invalid_model, model_unavailable, plan_limit_model */
  async retry(principal: Principal, task: TaskView, dto: RetryTaskDto): Promise<AttemptRow> {
    const change = await this.draft.change(principal.organizationId, task, { model: dto.model ?? undefined, apiKeyId: dto.apiKeyId });
    return this.queue(task, async (tx) => {
      await this.admission.assertCanAfford(tx, { ...task, ...change });
      return this.commands.retry(tx, task, { fromCheckpoint: dto.fromCheckpoint ?? true, ...change });
    });
  }

  /** @throws {AppError} task_not_publishable */
  publish(task: TaskView, dto: PublishTaskDto): Promise<AttemptRow> {
    const request = { createPullRequest: dto.createPullRequest ?? undefined, draftPullRequest: dto.draft ?? undefined, pullRequestTitle: dto.title ?? undefined, pullRequestBody: dto.body ?? undefined };
    return this.queue(task, (tx) => this.commands.publish(tx, task, request));
  }

  private async queue(task: TaskView, work: (tx: Tx) => Promise<QueuedAttempt>): Promise<AttemptRow> {
    const attempt = await this.unitOfWork.run(async (tx) => this.rows.attempt(tx, task, await work(tx)));
    this.news.queued(task, attempt.id);
    return attempt;
  }
}
