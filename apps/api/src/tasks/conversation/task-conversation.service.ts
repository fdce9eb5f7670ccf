import { UnitOfWork, type TaskMessageRow, type TaskView } from '@app/domain';
import { FollowUps } from '@app/submission';
import { Injectable } from '@nestjs/common';
import type { Principal } from '../../auth/principal';
import type { IdempotentCall } from '../../http/idempotency/idempotent-call';
import { MessageResponse } from '../dto/message.dto';

/** POST /tasks/{id}/messages: says it, and keeps the answer with it. */
@Injectable()
export class TaskConversation {
  constructor(
    private readonly followUps: FollowUps,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** @throws {AppError} insufficient_credits, task_not_resumable: of a task that has ended */
  async say(principal: Principal, task: TaskView, { content, call }: { content: string; call: IdempotentCall | null }): Promise<TaskMessageRow> {
    const said = await this.unitOfWork.run(async (tx) => {
      const said = await this.followUps.say(tx, task, { content, authorUserId: principal.userId });
      await call?.complete(tx, { status: 202, body: MessageResponse.from(said.message) });
      return said;
    });
    this.followUps.announce(task, said);
    return said.message;
  }
}
