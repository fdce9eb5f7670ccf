import { notFound } from '@app/common';
import { isEnded, recordAudit, TaskCommands, TaskMessageStore, taskNotResumable, type QueuedAttempt, type TaskMessageRow, type TaskStanding, type TaskStatus, type TaskView, type Tx, UnitOfWork } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { TaskAdmission } from '../task-admission';
import { TaskNews } from '../task-news';
import { PauseReason } from './pause-reason';

/** In these a worker reads the message by itself, or will once the task begins. */
const IS_READ: readonly TaskStatus[] = ['draft', 'scheduled', 'queued', 'provisioning', 'in_progress', 'publishing'];
/** A branch whose pull request is over takes no further work. */
const PULL_REQUEST_OVER: readonly (string | null)[] = ['merged', 'closed'];

export interface FollowUp {
  readonly content: string;
  /** Null: nobody with an account here, such as a comment on GitHub or a failed check. */
  readonly authorUserId: string | null;
  /** Where it came from, for the record; never shown to the model. */
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** A message that was kept, and the attempt that it led to: enqueued after the commit. */
export interface SaidFollowUp {
  readonly message: TaskMessageRow;
  readonly next: QueuedAttempt | null;
}

/** What people and events say to a task: kept first, then whatever it leads to. */
@Injectable()
export class FollowUps {
  constructor(
    private readonly commands: TaskCommands,
    private readonly messages: TaskMessageStore,
    private readonly pauseReason: PauseReason,
    private readonly admission: TaskAdmission,
    private readonly news: TaskNews,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /**
   * Keeps a message and, where nobody would read it otherwise, queues the attempt that does. Call `announce` after the commit.
   * @throws {AppError} insufficient_credits, task_not_resumable: of a task that has ended
   */
  async say(tx: Tx, task: TaskView, { content, authorUserId, metadata }: FollowUp): Promise<SaidFollowUp> {
    // Its worker cannot end the task between the message and what follows from it.
    const standing = await this.commands.lock(tx, task);
    const { id: messageId, seq } = await this.messages.append(tx, { taskId: task.id, attemptId: null, role: 'user', authorUserId, content, metadata });
    await recordAudit(tx, { organizationId: task.organizationId, action: 'task.message_sent', targetType: 'task', targetId: task.id, changes: { messageId } });
    const next = await this.goOn(tx, task, standing);
    const [message] = await this.messages.listForTask(tx, { organizationId: task.organizationId, taskId: task.id }, { after: seq - 1, limit: 1 });
    if (!message) throw notFound();
    return { message, next };
  }

  /**
   * The same for an occasion that may be told of twice: null when its message is there already. All of it, in a transaction of its own.
   * @param within what else belongs into the transaction
   * @throws {AppError} as `say`
   */
  async sayOnce(task: TaskView, followUp: FollowUp & { readonly occasion: string }, within?: (tx: Tx) => Promise<void>): Promise<SaidFollowUp | null> {
    const { occasion, metadata, ...rest } = followUp;
    const said = await this.unitOfWork.run(async (tx) => {
      await this.commands.lock(tx, task);
      if (await this.messages.hasOccasion(tx, task.id, occasion)) return null;
      const said = await this.say(tx, task, { ...rest, metadata: { ...metadata, occasion } });
      await within?.(tx);
      return said;
    });
    if (said) this.announce(task, said);
    return said;
  }

  /** After the commit. Both may get lost: the sweeper and the readers' poll make up for it. */
  announce(task: Pick<TaskView, 'id' | 'priority'>, { next }: SaidFollowUp): void {
    if (next) this.news.queued(task, next.attemptId);
    else this.news.changed(task.id);
  }

  private async goOn(tx: Tx, task: TaskView, { status, statusReason }: TaskStanding): Promise<QueuedAttempt | null> {
    if (IS_READ.includes(status)) return null;
    // It would pause again at once: the message waits for credits, too.
    if (status === 'paused' && (await this.pauseReason.stands(tx, task, statusReason))) return null;
    if (isEnded(status)) {
      if (PULL_REQUEST_OVER.includes(task.pullRequestStatus)) throw taskNotResumable(status, `The task's pull request was ${task.pullRequestStatus}; hand in a new task for what is left.`);
      await this.admission.assertCanAfford(tx, task);
    }
    return this.commands.resume(tx, task, 'message');
  }
}
