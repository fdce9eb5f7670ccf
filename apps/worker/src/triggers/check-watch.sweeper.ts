import { AppConfig, AppError, Logger } from '@app/common';
import { CheckWatchStore, SWEEP_BATCH, TaskEventStore, TaskStore, UnitOfWork, type DueCheckWatch } from '@app/domain';
import { FollowUps, TaskNews } from '@app/submission';
import { Injectable } from '@nestjs/common';
import { Sweeper, sweepEach } from '../maintenance/sweeper';
import { CheckLooks, type CheckLook } from './check-look';
import { LOOK_SECONDS, QUIET_SECONDS, ROUNDS_ALONE, ROUNDS_PER_HEAD } from './ci-tunables';

/** What a round reads and writes. */
@Injectable()
export class CheckWatchRows {
  constructor(
    readonly watches: CheckWatchStore,
    readonly tasks: TaskStore,
    readonly events: TaskEventStore,
  ) {}
}

/** Who hears of it, and who we are. */
@Injectable()
export class CheckNewsTeller {
  constructor(
    private readonly taskNews: TaskNews,
    private readonly config: AppConfig,
  ) {}

  get ownAppId(): string {
    return String(this.config.github.GITHUB_APP_ID ?? '');
  }

  news(taskId: string): void {
    this.taskNews.changed(taskId);
  }
}

/** Takes back what a message that may not be sent had written. */
class Enough extends Error {}

/** Tells tasks that checks of their commits failed, once these have been quiet for long enough; and that they wait for somebody. */
@Injectable()
export class CheckWatchSweeper extends Sweeper {
  readonly name = 'check-watches';
  readonly everyMs = 10_000;
  private readonly logger: Logger;

  constructor(
    private readonly rows: CheckWatchRows,
    private readonly looks: CheckLooks,
    private readonly followUps: FollowUps,
    private readonly told: CheckNewsTeller,
    private readonly unitOfWork: UnitOfWork,
    logger: Logger,
  ) {
    super();
    this.logger = logger.named('triggers');
  }

  async run(): Promise<number> {
    const due = await this.rows.watches.due(this.unitOfWork.reader, SWEEP_BATCH);
    return sweepEach(due, this.logger, (id) => this.attend(id));
  }

  private async attend(id: string): Promise<boolean> {
    const watch = await this.unitOfWork.run((tx) => this.rows.watches.take(tx, id, LOOK_SECONDS));
    if (!watch) return false;
    const { installationId, githubRepoId, autoFixChecks } = watch;
    if (!autoFixChecks || installationId === null || githubRepoId === null) return this.rest(watch);
    const look = await this.looks.look({ ...watch, installationId, githubRepoId }, this.told.ownAppId);
    return this.act(watch, look);
  }

  private async act(watch: DueCheckWatch, look: CheckLook): Promise<boolean> {
    if (look.kind === 'failed') return this.tellFailed(watch, look);
    if (look.kind === 'waiting') return this.tellWaiting(watch, look.names);
    if (look.kind !== 'running') return this.rest(watch);
    await this.unitOfWork.run((tx) => this.rows.watches.touch(tx, watch, { opens: true, quietSeconds: QUIET_SECONDS }));
    return true;
  }

  /** The message and the count are one: neither is there without the other. */
  private async tellFailed(watch: DueCheckWatch, { message, names }: Extract<CheckLook, { kind: 'failed' }>): Promise<boolean> {
    const { organizationId, taskId, headSha, rounds } = watch;
    const task = await this.rows.tasks.findForOrganization(this.unitOfWork.reader, organizationId, taskId);
    if (!task) return this.rest(watch);
    const followUp = { content: message, authorUserId: null, occasion: `check:${headSha}:${rounds + 1}`, metadata: { source: 'check', headSha } };
    try {
      await this.followUps.sayOnce(task, followUp, async (tx) => {
        if ((await this.rows.watches.countRound(tx, watch.id, ROUNDS_PER_HEAD)) === null || (await this.rows.watches.roundsAlone(tx, taskId)) > ROUNDS_ALONE) throw new Enough();
        await this.rows.events.append(tx, taskId, null, [{ type: 'ci', data: { state: 'failed', headSha, checks: names, text: `Checks failed: ${names.join(', ')}` } }]);
      });
      return true;
    } catch (error) {
      // No credits, or the task goes on no more: nothing that asking again would change.
      if (!(error instanceof Enough) && !(error instanceof AppError && error.kind.status < 500)) throw error;
      return this.rest(watch);
    }
  }

  /** Nobody's failure: an event says it, the agent is not called. */
  private async tellWaiting(watch: DueCheckWatch, names: readonly string[]): Promise<boolean> {
    const { id, taskId, headSha } = watch;
    await this.unitOfWork.run(async (tx) => {
      await this.rows.watches.rest(tx, id);
      if (!(await this.rows.watches.tellWaiting(tx, id))) return;
      await this.rows.events.append(tx, taskId, null, [{ type: 'ci', data: { state: 'waiting', headSha, checks: names, text: `Checks wait until somebody lets them run: ${names.join(', ')}` } }]);
    });
    this.told.news(taskId);
    return true;
  }

  private async rest({ id }: DueCheckWatch): Promise<boolean> {
    await this.unitOfWork.run((tx) => this.rows.watches.rest(tx, id));
    return true;
  }
}
