import { AppConfig, AppError, isId } from '@app/common';
import { TaskCommands, TaskStore, TriggerSubjectStore, UnitOfWork, type TaskView, type TriggeredRepository, type WebhookOutcome } from '@app/domain';
import { CHECK_CONCLUSIONS, GithubChecks, type CheckConclusion, type GithubPayload } from '@app/github';
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

/** One of our own checks that somebody asks for again, and how it ended last. */
interface AskedCheck {
  readonly id: string;
  readonly taskId: string;
  /** Null: it has not ended. */
  readonly conclusion: CheckConclusion | null;
}

/** Our checks at GitHub, as far as people ask for them again. */
@Injectable()
export class AskedChecks {
  private readonly ownAppId: string;

  constructor(
    private readonly gate: TriggerGate,
    private readonly checks: GithubChecks,
    config: AppConfig,
  ) {
    this.ownAppId = String(config.github.GITHUB_APP_ID ?? '');
  }

  isOwn(app: string | null): boolean {
    return app !== null && app === this.ownAppId;
  }

  /** All of ours at a commit. */
  async at(repository: TriggeredRepository, headSha: string): Promise<AskedCheck[]> {
    const runs = await this.gate.at(repository, { metadata: 'read', checks: 'read' }, (access) => this.checks.own(access, headSha, this.ownAppId));
    return runs.flatMap(({ id, externalId, conclusion }) => (isId(externalId) ? [{ id, taskId: externalId, conclusion }] : []));
  }

  /** GitHub takes a commit for unchecked from the moment on that somebody asks again: where nothing new will come, the last word is said once more. */
  async restate(repository: TriggeredRepository, { id, conclusion }: AskedCheck): Promise<void> {
    if (conclusion !== null) await this.gate.at(repository, { metadata: 'read', checks: 'write' }, (access) => this.checks.restate(access, id, conclusion));
  }
}

/** Tasks that checks are of. */
@Injectable()
export class CheckedTasks {
  constructor(
    private readonly subjects: TriggerSubjectStore,
    private readonly tasks: TaskStore,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** Null: it works elsewhere. */
  async find({ id, organizationId }: TriggeredRepository, taskId: string): Promise<TaskView | null> {
    const { reader } = this.unitOfWork;
    return (await this.subjects.isTaskOf(reader, id, taskId)) ? this.tasks.findForOrganization(reader, organizationId, taskId) : null;
  }
}

/** Somebody asks for one of our own checks again, or for all of a commit, with GitHub's button: a review is repeated, other work is tried again. */
@Injectable()
export class RerunTriggerHandler extends GithubEventHandler {
  readonly events = ['check_run', 'check_suite'];

  constructor(
    private readonly gate: TriggerGate,
    private readonly tasks: CheckedTasks,
    private readonly checks: AskedChecks,
    private readonly reruns: TaskReruns,
  ) {
    super();
  }

  async apply(event: GithubEvent): Promise<WebhookOutcome> {
    const actor = actorOf(event);
    const about = event.payload.at(event.name);
    if (!actor || !ASKS.includes(event.action) || !this.checks.isOwn(about.id('app', 'id'))) return ignored();
    let outcome: WebhookOutcome = ignored();
    for (const repository of await this.gate.repositories(event)) if (await this.hear(repository, actor, event)) outcome = PROCESSED;
    return outcome;
  }

  private async hear(repository: TriggeredRepository, actor: GithubActor, { name, payload, deliveryId }: GithubEvent): Promise<boolean> {
    const about = payload.at(name);
    const named = name === 'check_run' ? checkIn(about) : null;
    const known = named && (await this.tasks.find(repository, named.taskId));
    if (name === 'check_run' && !known) return false;
    const submitter = await this.gate.submitter(repository, actor);
    if (!submitter) return false;
    const asked = named ? [named] : await this.checks.at(repository, about.text('head_sha') ?? '');
    let isHeard = false;
    for (const check of asked) isHeard = (await this.again(repository, submitter, { check, occasion: `rerun:${check.id}:${deliveryId}` })) || isHeard;
    return isHeard;
  }

  private async again(repository: TriggeredRepository, submitter: Submitter, { check, occasion }: { check: AskedCheck; occasion: string }): Promise<boolean> {
    const task = await this.tasks.find(repository, check.taskId);
    if (!task) return false;
    const isBegun = await this.reruns.again(submitter, task, occasion);
    // A review of the same commit says nothing new, and other work has a check of its own when it ends.
    if (task.completedAt !== null && (!isBegun || task.mode === 'pr_review')) await this.checks.restate(repository, check);
    return isBegun;
  }
}

function checkIn(run: GithubPayload): AskedCheck | null {
  const [id, taskId, conclusion] = [run.id('id'), run.text('external_id') ?? '', run.text('conclusion')];
  return id !== null && isId(taskId) ? { id, taskId, conclusion: CHECK_CONCLUSIONS.find((one) => one === conclusion) ?? null } : null;
}
