import { AppConfig, AppError, isId } from '@app/common';
import { TaskCommands, TaskStore, TriggerSubjectStore, UnitOfWork, type TaskView, type TriggeredRepository, type WebhookOutcome } from '@app/domain';
import { copyOf, TaskAdmission, TaskNews, TaskSubmission, type Submitter } from '@app/submission';
import { Injectable } from '@nestjs/common';
import { GithubEventHandler, type GithubEvent } from '../webhooks/github/github-event-handler';
import { ignored, PROCESSED } from '../webhooks/webhook-source';
import { actorOf, type GithubActor } from './trigger-event';
import { TriggerGate } from './trigger-gate';

const ASKS: readonly (string | null)[] = ['rerequested', 'requested_action'];

/** The same work once more. */
@Injectable()
export class TaskReruns {
  constructor(
    private readonly submission: TaskSubmission,
    private readonly admission: TaskAdmission,
    private readonly commands: TaskCommands,
    private readonly unitOfWork: UnitOfWork,
    private readonly news: TaskNews,
  ) {}

  /** False: there is nothing to repeat now. */
  async again(submitter: Submitter, task: TaskView, occasion: string): Promise<boolean> {
    try {
      if (task.mode === 'pr_review') await this.review(submitter, task, occasion);
      else await this.retry(task);
      return true;
    } catch (error) {
      if (error instanceof AppError && error.kind.status < 500) return false;
      throw error;
    }
  }

  /** A new task, for its findings are of the head as it is now. */
  private async review(submitter: Submitter, task: TaskView, dedupeKey: string): Promise<void> {
    const { branch, ...copy } = copyOf(task);
    const refs = task.sourcePullRequestNumber === null ? { branch } : { sourcePullRequestNumber: task.sourcePullRequestNumber };
    await this.submission.submitOnce(submitter, { ...copy, ...refs }, { source: 'check', dedupeKey, sourcePullRequestId: task.sourcePullRequestId });
  }

  private async retry(task: TaskView): Promise<void> {
    const next = await this.unitOfWork.run(async (tx) => {
      await this.admission.assertCanAfford(tx, task);
      return this.commands.retry(tx, task, { fromCheckpoint: true });
    });
    this.news.queued(task, next.attemptId);
  }
}

/** Somebody asks for one of our own checks again, with GitHub's button: a review is repeated, other work is tried again. */
@Injectable()
export class RerunTriggerHandler extends GithubEventHandler {
  readonly events = ['check_run'];

  constructor(
    private readonly gate: TriggerGate,
    private readonly subjects: TriggerSubjectStore,
    private readonly tasks: TaskStore,
    private readonly unitOfWork: UnitOfWork,
    private readonly reruns: TaskReruns,
    private readonly config: AppConfig,
  ) {
    super();
  }

  async apply(event: GithubEvent): Promise<WebhookOutcome> {
    const actor = actorOf(event);
    const taskId = ownTaskId(event, String(this.config.github.GITHUB_APP_ID ?? ''));
    if (!actor || taskId === null) return ignored();
    const occasion = `rerun:${event.payload.id('check_run', 'id') ?? ''}:${event.deliveryId}`;
    for (const repository of await this.gate.repositories(event)) if (await this.again(repository, actor, { taskId, occasion })) return PROCESSED;
    return ignored();
  }

  private async again(repository: TriggeredRepository, actor: GithubActor, { taskId, occasion }: { taskId: string; occasion: string }): Promise<boolean> {
    const { reader } = this.unitOfWork;
    if (!(await this.subjects.isTaskOf(reader, repository.id, taskId))) return false;
    const task = await this.tasks.findForOrganization(reader, repository.organizationId, taskId);
    const submitter = await this.gate.submitter(repository, actor);
    return task !== null && submitter !== null && this.reruns.again(submitter, task, occasion);
  }
}

/** The task that a check run of our own App is of, where somebody asks for it again. */
function ownTaskId({ action, payload }: GithubEvent, ownAppId: string): string | null {
  const run = payload.at('check_run');
  const id = run.text('external_id') ?? '';
  return ASKS.includes(action) && run.id('app', 'id') === ownAppId && isId(id) ? id : null;
}
