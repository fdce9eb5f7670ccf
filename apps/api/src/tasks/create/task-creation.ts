import type { TaskDetailsText } from '@app/domain';
import { TaskSubmission, type TaskOrigin, type TaskRequest } from '@app/submission';
import { Injectable } from '@nestjs/common';
import type { Principal } from '../../auth/principal';
import { RepositoryAccess } from '../../git-repos/access/repository-access';
import type { IdempotentCall } from '../../http/idempotency/idempotent-call';
import { taskJson } from '../task-json';
import { taskTag } from '../task-tag';

/** A new task as it is answered. */
export interface TaskAnswer {
  readonly json: string;
  readonly location: string;
  readonly tag: string;
}

/** POST /tasks: hands the request in and keeps the answer with it. */
@Injectable()
export class TaskCreation {
  constructor(
    private readonly submission: TaskSubmission,
    private readonly access: RepositoryAccess,
  ) {}

  /** @param origin what a task has that no caller can ask for */
  async create(principal: Principal, request: TaskRequest, call: IdempotentCall | null, origin: TaskOrigin = {}): Promise<TaskAnswer> {
    await this.access.requireForTask(principal, request.repositoryId, request.mode ?? 'code');
    const { text } = await this.submission.submit(principal, { request, origin }, async (tx, made) => {
      const { json, location, tag } = taskAnswer(made.text);
      await call?.complete(tx, { status: 201, body: json, headers: { Location: location, ETag: tag } });
    });
    return taskAnswer(text);
  }
}

export function taskAnswer(text: TaskDetailsText): TaskAnswer {
  return { json: taskJson(text), location: `/api/v1/tasks/${text.id}`, tag: taskTag(text) };
}
