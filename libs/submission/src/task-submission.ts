import { logContext } from '@app/common';
import { TaskStore, UnitOfWork, type NewTask, type TaskDetailsText, type Tx } from '@app/domain';
import { currentTraceparent, metrics } from '@app/telemetry';
import { Injectable } from '@nestjs/common';
import { TaskCallbacks, type CallbackRequest } from './request/task-callbacks';
import { TaskDraft } from './request/task-draft';
import type { Submitter, TaskOrigin, TaskRequest } from './request/task-request';
import { TaskAdmission } from './task-admission';
import { TaskNews } from './task-news';

/** A request that was checked and is not written yet. */
export interface CheckedTask {
  readonly task: NewTask;
  readonly callback: CallbackRequest | null;
}

/** A task that was written; its attempt is enqueued after the commit. */
export interface SubmittedTask {
  readonly taskId: string;
  readonly attemptId: string | null;
  readonly priority: NewTask['priority'];
  readonly mode: NewTask['mode'];
  /** The task as it is answered. */
  readonly text: TaskDetailsText;
}

/** What one occasion led to: the task it made, or the one that it had made before. */
export interface OnceSubmitted {
  readonly taskId: string;
  readonly isNew: boolean;
}

/** The one door through which tasks come in, for people and for events: check, write all of it in one transaction, enqueue after the commit. */
@Injectable()
export class TaskSubmission {
  constructor(
    private readonly draft: TaskDraft,
    private readonly admission: TaskAdmission,
    private readonly tasks: TaskStore,
    private readonly unitOfWork: UnitOfWork,
    private readonly news: TaskNews,
    private readonly callbacks: TaskCallbacks,
  ) {}

  /** Checks and completes a request; writes nothing. @throws {AppError} not_found, validation_failed, invalid_ref, invalid_model, model_unavailable, plan_limit_model, unsafe_url */
  async check(submitter: Submitter, request: TaskRequest, origin: TaskOrigin = {}): Promise<CheckedTask> {
    const callback = this.callbacks.read(request);
    return { task: { ...(await this.draft.create(submitter, request)), ...origin }, callback };
  }

  /** Writes a checked task. Call `announce` once that is committed. @throws {AppError} plan_limit_tasks_per_day, insufficient_credits, not_found */
  async write(tx: Tx, { task, callback }: CheckedTask): Promise<SubmittedTask> {
    await this.admission.assertOneMoreToday(tx, task);
    if (task.status === 'queued') await this.admission.assertCanAfford(tx, task);
    const made = await this.tasks.create(tx, { ...task, requestId: logContext().requestId ?? null, traceparent: currentTraceparent(), callback: await this.callbacks.seal(tx, task, callback) });
    return { ...made, priority: task.priority, mode: task.mode };
  }

  /** After the commit: gives the attempt to the workers. Safe to lose; a sweeper finds the row. */
  announce({ taskId, attemptId, priority, mode }: Pick<SubmittedTask, 'taskId' | 'attemptId' | 'priority' | 'mode'>): void {
    metrics.tasksSubmitted.add({ mode });
    if (attemptId !== null) this.news.queued({ id: taskId, priority: priority ?? 'medium' }, attemptId);
  }

  /**
   * All of it. @param within what else belongs into the transaction, such as the stored answer of a call
   * @throws {AppError} as `check` and `write`
   */
  async submit(submitter: Submitter, asked: { readonly request: TaskRequest; readonly origin?: TaskOrigin }, within?: (tx: Tx, made: SubmittedTask) => Promise<void>): Promise<SubmittedTask> {
    const checked = await this.check(submitter, asked.request, asked.origin);
    const made = await this.unitOfWork.run(async (tx) => {
      const written = await this.write(tx, checked);
      await within?.(tx, written);
      return written;
    });
    this.announce(made);
    return made;
  }

  /**
   * The same for an occasion that may be told of twice, and at once in two places: `dedupeKey` names it within the organization, and there is
   * never a second task of that name. @throws {AppError} as `submit`, for a task that is not there yet
   */
  async submitOnce(submitter: Submitter, request: TaskRequest, origin: TaskOrigin & { readonly dedupeKey: string }): Promise<OnceSubmitted> {
    const before = await this.known(submitter, origin.dedupeKey);
    if (before !== null) return { taskId: before, isNew: false };
    try {
      return { taskId: (await this.submit(submitter, { request, origin })).taskId, isNew: true };
    } catch (error) {
      const other = await this.known(submitter, origin.dedupeKey);
      if (other === null) throw error;
      return { taskId: other, isNew: false };
    }
  }

  private known({ organizationId }: Submitter, dedupeKey: string): Promise<string | null> {
    return this.tasks.findByDedupeKey(this.unitOfWork.reader, organizationId, dedupeKey);
  }
}
