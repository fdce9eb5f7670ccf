import { notFound } from '@app/common';
import { isEnded, recordAudit, TaskCommands, TaskMessageStore, taskNotResumable, UnitOfWork, type QueuedAttempt, type TaskMessageRow, type TaskStanding, type TaskStatus, type TaskView, type Tx } from '@app/domain';
import { Injectable } from '@nestjs/common';
import type { Principal } from '../../auth/principal';
import type { IdempotentCall } from '../../http/idempotency/idempotent-call';
import { TaskAdmission } from '../create/task-admission';
import { MessageResponse } from '../dto/message.dto';
import { TaskNews } from '../task-news';
import { PauseReason } from './pause-reason';

/** In these a worker reads the message by itself, or will once the task begins. */
const IS_READ: readonly TaskStatus[] = ['draft', 'scheduled', 'queued', 'provisioning', 'in_progress', 'publishing'];
/** A branch whose pull request is over takes no further work. */
const PULL_REQUEST_OVER: readonly (string | null)[] = ['merged', 'closed'];

/** What people say to a task: kept first, then whatever it leads to. */
@Injectable()
export class TaskConversation {
  constructor(
    private readonly commands: TaskCommands,
    private readonly messages: TaskMessageStore,
    private readonly pauseReason: PauseReason,
    private readonly admission: TaskAdmission,
    private readonly unitOfWork: UnitOfWork,
    private readonly news: TaskNews,
  ) {}

  /**
   * Keeps a message and, where nobody would read it otherwise, queues the attempt that does.
   * @throws {AppError} insufficient_credits, task_not_resumable: of a task that has ended
   */
  async say(principal: Principal, task: TaskView, { content, call }: { content: string; call: IdempotentCall | null }): Promise<TaskMessageRow> {
    const { message, next } = await this.unitOfWork.run(async (tx) => {
      // Its worker cannot end the task between the message and what follows from it.
      const standing = await this.commands.lock(tx, task);
      const { id: messageId, seq } = await this.messages.append(tx, { taskId: task.id, attemptId: null, role: 'user', authorUserId: principal.userId, content });
      await recordAudit(tx, { organizationId: task.organizationId, action: 'task.message_sent', targetType: 'task', targetId: task.id, changes: { messageId } });
      const next = await this.goOn(tx, task, standing);
      const [message] = await this.messages.listForTask(tx, { organizationId: task.organizationId, taskId: task.id }, { after: seq - 1, limit: 1 });
      if (!message) throw notFound();
      await call?.complete(tx, { status: 202, body: MessageResponse.from(message) });
      return { message, next };
    });
    if (next) this.news.queued(task, next.attemptId);
    else this.news.changed(task.id);
    return message;
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
