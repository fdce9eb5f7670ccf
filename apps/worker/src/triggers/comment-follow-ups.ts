import { AppError } from '@app/common';
import { CheckWatchStore, recordAudit, TASK_NOT_RESUMABLE, TaskCommands, TaskStore, TriggerSubjectStore, UnitOfWork, type OwningTask, type TaskView, type TriggeredRepository } from '@app/domain';
import { FollowUps, TaskNews, type Submitter } from '@app/submission';
import { Injectable } from '@nestjs/common';
import type { WrittenComment } from './trigger-event';
import { followUpPrompt } from './trigger-prompts';

export interface SaidComment {
  readonly comment: WrittenComment;
  readonly words: string;
  readonly userId: string;
}

/** Rows that are asked about tasks. */
@Injectable()
export class FollowUpStores {
  constructor(
    readonly subjects: TriggerSubjectStore,
    readonly tasks: TaskStore,
    readonly commands: TaskCommands,
    readonly watches: CheckWatchStore,
  ) {}
}

/** Comments on our agent's pull requests, as its task hears them. */
@Injectable()
export class CommentFollowUps {
  constructor(
    private readonly stores: FollowUpStores,
    private readonly followUps: FollowUps,
    private readonly unitOfWork: UnitOfWork,
    private readonly news: TaskNews,
  ) {}

  /** The task that a pull request is of; null: it is not our agent's. */
  owner(repository: TriggeredRepository, number: number): Promise<OwningTask | null> {
    return this.stores.subjects.owner(this.unitOfWork.reader, repository.id, number);
  }

  /** Says it, once. False: the task takes no more, because its pull request is over. */
  async say({ organizationId }: TriggeredRepository, { taskId }: OwningTask, { comment, words, userId }: SaidComment): Promise<boolean> {
    const task = await this.stores.tasks.findForOrganization(this.unitOfWork.reader, organizationId, taskId);
    if (!task) return false;
    const followUp = { content: followUpPrompt(comment, words), authorUserId: userId, occasion: `mention:${comment.name}`, metadata: { source: 'github', url: comment.subject.url } };
    try {
      await this.followUps.sayOnce(task, followUp, (tx) => this.stores.watches.letGoOn(tx, taskId));
      return true;
    } catch (error) {
      if (error instanceof AppError && error.kind === TASK_NOT_RESUMABLE) return false;
      throw error;
    }
  }

  /** The stop word: ends what works on an issue or pull request, and the answers to its checks. False: there was nothing to stop. */
  async stop(repository: TriggeredRepository, number: number, { organizationId }: Submitter): Promise<boolean> {
    const owner = await this.owner(repository, number);
    const ids = await this.stores.subjects.liveTasksAbout(this.unitOfWork.reader, repository.id, number);
    const tasks = (await Promise.all(ids.map((id) => this.stores.tasks.findForOrganization(this.unitOfWork.reader, organizationId, id)))).filter((task) => task !== null);
    await this.unitOfWork.run(async (tx) => {
      for (const task of tasks) await this.stores.commands.requestCancel(tx, task);
      if (!owner?.headSha) return;
      await this.stores.watches.stop(tx, { repositoryId: repository.id, taskId: owner.taskId, prNumber: number, headSha: owner.headSha });
      await recordAudit(tx, { organizationId, action: 'task.ci_stopped', targetType: 'task', targetId: owner.taskId });
    });
    tasks.forEach(({ id }: TaskView) => this.news.changed(id));
    return tasks.length > 0 || owner !== null;
  }
}
