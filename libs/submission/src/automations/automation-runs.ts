import { AppError, Clock, creditsFromMicros } from '@app/common';
import { AutomationRunStore, UnitOfWork, type AutomationRow, type AutomationRunRow, type RunResult, type Tx } from '@app/domain';
import { Injectable } from '@nestjs/common';
import type { TaskRequest } from '../request/task-request';
import { TaskSubmission, type CheckedTask, type SubmittedTask } from '../task-submission';
import { renderPrompt, renderTitle, type EventFacts } from './placeholders';
import { nextTick } from './schedule';

/** Something that may start a run. */
export interface Occasion {
  /** The same for each telling of the same thing: there is one run for it. */
  readonly name: string;
  readonly facts: EventFacts;
  readonly sourceIssueNumber?: number | null;
  readonly sourcePullRequestId?: string | null;
  /** A review: the pull request that is looked at, unless the template names a branch. */
  readonly pullRequestNumber?: number | null;
  /** Where the work begins, unless the template says. */
  readonly branch?: string | null;
  /** The tick that is being run. */
  readonly tick?: Date;
}

/** A run, and whether this call made it. */
export interface RunOutcome {
  readonly run: AutomationRunRow;
  readonly isNew: boolean;
}

interface Decided {
  readonly outcome: RunOutcome;
  readonly task: SubmittedTask | null;
}

type Act = (tx: Tx, row: AutomationRow) => Promise<RunResult & { task: SubmittedTask | null }>;

interface Turn {
  readonly automation: AutomationRow;
  readonly occasion: Occasion;
}

const LONG_FACTS: readonly string[] = ['body', 'comment', 'checks', 'input'] satisfies (keyof EventFacts)[];
const NO_SEAT = 'Whoever made it may not hand in tasks here any more.';
const FAILS_ALWAYS = 'Its last 5 runs failed.';

/** Runs automations: one run for each occasion, decided while the automation is held, so that caps hold over all workers. */
@Injectable()
export class AutomationRuns {
  constructor(
    private readonly runs: AutomationRunStore,
    private readonly submission: TaskSubmission,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /**
   * Starts the run of an occasion, or says why there is none. Null: the automation is gone or disabled, or the tick was somebody else's.
   * @param within what else belongs into the transaction
   */
  async start(automation: AutomationRow, occasion: Occasion, within?: (tx: Tx, run: AutomationRunRow) => Promise<void>): Promise<RunOutcome | null> {
    const known = await this.runs.find(this.unitOfWork.reader, automation.id, occasion.name);
    if (known && occasion.tick === undefined) return this.again(known, within);
    try {
      const checked = await this.check({ automation, occasion });
      return await this.decide({ automation, occasion }, (tx, row) => this.submit(tx, { automation: row, occasion }, checked), within);
    } catch (error) {
      if (!(error instanceof AppError) || error.kind.status >= 500) throw error;
      const reason = `${error.kind.code}: ${error.detail}`;
      return this.decide({ automation, occasion }, () => Promise.resolve({ status: 'failed', reason, taskId: null, task: null }), within);
    }
  }

  private async again(run: AutomationRunRow, within?: (tx: Tx, run: AutomationRunRow) => Promise<void>): Promise<RunOutcome> {
    await this.unitOfWork.run(async (tx) => within?.(tx, run));
    return { run, isNew: false };
  }

  private async decide(turn: Turn, act: Act, within?: (tx: Tx, run: AutomationRunRow) => Promise<void>): Promise<RunOutcome | null> {
    const decided = await this.unitOfWork.run(async (tx): Promise<Decided | null> => {
      const row = await this.held(tx, turn);
      if (!row) return null;
      const known = await this.runs.find(tx, row.id, turn.occasion.name);
      const { run, task } = known ? { run: known, task: null } : await this.record(tx, { automation: row, occasion: turn.occasion }, act);
      await within?.(tx, run);
      return { outcome: { run, isNew: known === null }, task };
    });
    if (decided?.task) this.submission.announce(decided.task);
    return decided?.outcome ?? null;
  }

  /** The automation, held, if it may run now; with a tick its next one is set. */
  private async held(tx: Tx, { automation, occasion: { tick } }: Turn): Promise<AutomationRow | null> {
    const row = await this.runs.lock(tx, automation.organizationId, automation.id);
    if (!row?.isEnabled || (tick !== undefined && row.nextRunAt?.getTime() !== tick.getTime())) return null;
    // Ticks that were missed meanwhile are this one.
    if (tick !== undefined) await this.runs.setNextRun(tx, row.id, nextTick({ cron: row.trigger.cron ?? '', timeZone: row.trigger.timeZone ?? 'UTC' }, this.clock.now()));
    return row;
  }

  private async record(tx: Tx, { automation, occasion }: Turn, act: Act): Promise<{ run: AutomationRunRow; task: SubmittedTask | null }> {
    const { task, ...result } = (await this.obstacle(tx, automation)) ?? (await act(tx, automation));
    const run = await this.runs.record(tx, { ...result, automationId: automation.id, occasion: occasion.name, event: shownFacts(occasion.facts) });
    if (result.status === 'failed' && (await this.runs.failsAlways(tx, automation))) await this.runs.disable(tx, automation.id, FAILS_ALWAYS);
    return { run, task };
  }

  /** Why it may not even try; it then switches itself off. */
  private async obstacle(tx: Tx, row: AutomationRow): Promise<(RunResult & { task: null }) | null> {
    const reason = !(await this.runs.mayHandIn(tx, row)) ? NO_SEAT : (await this.runs.failsAlways(tx, row)) ? FAILS_ALWAYS : null;
    if (reason === null) return null;
    await this.runs.disable(tx, row.id, reason);
    return { status: 'skipped', reason: `It was disabled. ${reason}`, taskId: null, task: null };
  }

  private async submit(tx: Tx, { automation }: Turn, checked: CheckedTask): Promise<RunResult & { task: SubmittedTask | null }> {
    const cap = await this.cap(tx, automation);
    if (cap !== null && cap <= 0n) return { status: 'skipped', reason: 'budget_exhausted: its credits for this month are used, or kept for tasks that still run.', taskId: null, task: null };
    const task = await this.submission.write(tx, { ...checked, task: { ...checked.task, maxCreditsMicro: cap } });
    return { status: 'started', reason: null, taskId: task.taskId, task };
  }

  /** What the next task may use: the cap of a run, and no more than the month has left. */
  private async cap(tx: Tx, { id, maxCreditsPerRunMicro: perRun, maxCreditsPerMonthMicro: perMonth }: AutomationRow): Promise<bigint | null> {
    if (perMonth === null) return perRun;
    const left = perMonth - (await this.runs.committedMicro(tx, id));
    return perRun !== null && perRun < left ? perRun : left;
  }

  private check({ automation, occasion }: Turn): Promise<CheckedTask> {
    const { sourceIssueNumber = null, sourcePullRequestId = null } = occasion;
    return this.submission.check(automation, requestOf(automation, occasion), { source: 'automation', automationId: automation.id, sourceIssueNumber, sourcePullRequestId });
  }
}

function requestOf({ repositoryId, template, name, maxCreditsPerRunMicro }: AutomationRow, occasion: Occasion): TaskRequest {
  const { prompt, title, mode, model, branch, targetBranch, priority, tags, timeoutSeconds, options } = template;
  const isReview = mode === 'pr_review' && branch === undefined && typeof occasion.pullRequestNumber === 'number';
  const refs = isReview ? { sourcePullRequestNumber: occasion.pullRequestNumber ?? undefined, targetBranch } : { branch: branch ?? occasion.branch ?? undefined, targetBranch };
  return {
    repositoryId, mode, model, priority, tags, timeoutSeconds, options, ...refs, prompt: renderPrompt(prompt, occasion.facts), title: renderTitle(title ?? name, occasion.facts),
    maxCredits: maxCreditsPerRunMicro === null ? undefined : creditsFromMicros(maxCreditsPerRunMicro),
  };
}

/** Long texts of others stay where they are. */
function shownFacts(facts: EventFacts): Record<string, unknown> {
  return Object.fromEntries(Object.entries(facts).filter(([name]) => !LONG_FACTS.includes(name)));
}
