import { mayWriteCiFiles, levelRules, planMarkdown, secondLook, type AgentHost, type AgentOutcome, type AgentTask, type RemarkToJudge, type SecondLook, type TaskMaterial, type Submission, type Verification } from '@app/agent';
import type { TaskPlan } from '@app/domain';
import { TaskEventBus } from '@app/messaging';
import { Injectable } from '@nestjs/common';
import { AttemptEngines } from '../gateway/attempt-engines';
import { observedHost } from '../observing/observed-host';
import type { GitWorkspace } from '../workspace/git-workspace';
import type { Briefing } from './briefing';
import { CrashPoints } from './crash-points';
import { PostgresJournal } from './journal/postgres.journal';
import { Purse } from './journal/purse';
import { AttemptModels, type OpenedModels } from './attempt-models';
import { payerOf } from './model-access';
import type { OpenedReview } from './opened-review';
import { JournalStores } from './journal/journal-stores';
import { AttemptMoney } from './journal/attempt-money';

/** Characters of what the author says about a pull request. */
const MOST_OF_BODY = 8_000;

/** Work on its way out. */
export interface HandedIn {
  readonly submission: Submission;
  readonly verification: Verification;
}

/** Gives the agent its host, and runs it. */
@Injectable()
export class AttemptAgent {
  constructor(
    private readonly stores: JournalStores,
    private readonly money: AttemptMoney,
    private readonly models: AttemptModels,
    private readonly bus: TaskEventBus,
    private readonly crash: CrashPoints,
    private readonly engines: AttemptEngines,
  ) {}

  /** The model that the attempt calls, with its credential; the attempt's row then says which key that is. @throws {AttemptFailure} provider_auth, provider_unavailable; {StopError} */
  open(briefing: Briefing): Promise<OpenedModels> {
    return this.models.open(briefing);
  }

  /** @throws {StopError} when the signal fired; {ModelError} when the provider gave up; {AttemptFailure} */
  async run(briefing: Briefing, opened: OpenedModels, workspace: GitWorkspace, signal: AbortSignal): Promise<AgentOutcome> {
    const { inUse, secrets, summariser } = opened;
    const journal = this.journal(briefing, workspace, opened);
    const { review } = briefing;
    const host: AgentHost = { task: this.task(briefing, workspace.baseSha), model: inUse, workspace, journal, clock: this.engines.clock, signal, secrets: [...secrets, ...workspace.secrets], ...(review ? { review } : {}), ...(summariser ? { summariser } : {}) };
    const engine = await this.engines.of(briefing.agent?.slug ?? null, workspace);
    return engine.run(observedHost(host));
  }

  /** Has remarks of a review judged once more, at the review's own expense. @throws {ModelError}; {StopError} */
  lookAgain(briefing: Briefing, { models, workspace, signal }: { models: OpenedModels; workspace: GitWorkspace; signal: AbortSignal }, remarks: readonly RemarkToJudge[]): Promise<SecondLook> {
    const { inUse, secrets } = models;
    return secondLook({ task: this.task(briefing, workspace.baseSha), model: inUse, journal: this.journal(briefing, workspace, models), clock: this.engines.clock, signal, secrets: [...secrets, ...workspace.secrets] }, remarks);
  }

  /** What a publication delivers: the work as it was handed in, or, when its owner asked for unfinished work, as it is. */
  async handedIn(briefing: Briefing, workspace: GitWorkspace): Promise<HandedIn> {
    const entries = await this.journal(briefing, workspace, null).load();
    const last = entries.findLast((entry) => entry.type === 'finished' && entry.outcome.kind === 'submitted' && !entry.outcome.submission.plan);
    if (last?.type === 'finished' && last.outcome.kind === 'submitted') return last.outcome;
    return {
      submission: {
        title: briefing.task.title, summary: 'The agent did not hand this work in. It is published as it is, because its owner asked for it.', testing: '', risks: 'The work may be incomplete.',
        discard: [], answer: null, noChangesReason: null,
      },
      verification: { status: 'skipped', checks: [], source: 'none', note: 'The checks were not run on this state of the work.' },
    };
  }

  private journal({ attempt, task, model }: Briefing, workspace: GitWorkspace, opened: OpenedModels | null): PostgresJournal {
    const owner = { lease: attempt, organizationId: task.organizationId, userId: task.userId, ...(opened?.payer ?? payerOf(model, null)) };
    const purse = new Purse({ ...this.stores, ...this.money }, owner);
    return new PostgresJournal({ ...this.stores, bus: this.bus, crash: this.crash }, { lease: attempt, modelName: model.name, purse, payers: opened?.payers, bundle: () => workspace.checkpointBundle() });
  }

  private task({ attempt, task, mode, plan, review, repo, settings }: Briefing, baseSha: string): AgentTask {
    const options = task.options as TaskOptions;
    const fromTask = options.verifyCommands ?? [];
    const verifyCommands = fromTask.length > 0 ? fromTask : settings.verifyCommands;
    return {
      id: task.id, mode, title: task.title, prompt: task.prompt, repository: repo.fullName, branch: task.branch, baseSha, verifyCommands,
      verifyCommandsFrom: fromTask.length > 0 ? 'task' : verifyCommands.length > 0 ? 'repository' : null,
      requireVerification: options.requireVerification ?? settings.requireVerification,
      allowCiFiles: mayWriteCiFiles({ protectedPaths: settings.protectedPaths, allowCiFiles: (options.allowCiFiles ?? false) || settings.allowCiFiles }),
      ...limitsOf(options),
      maxCreditsMicro: task.maxCreditsMicro,
      deadline: attempt.deadlineAt?.getTime() ?? this.engines.clock.now().getTime() + 1_800_000,
      instructions: settings.instructions,
      materials: materialsOf(plan, review ?? null),
    };
  }
}

/** What of a task's options concerns the agent. */
interface TaskOptions {
  readonly verifyCommands?: readonly string[];
  readonly requireVerification?: boolean;
  readonly allowCiFiles?: boolean;
  readonly maxTurns?: number;
  readonly maxOutputTokens?: number;
}

function limitsOf({ maxTurns, maxOutputTokens }: TaskOptions): Pick<AgentTask, 'maxSteps' | 'maxOutputTokens'> {
  return { maxSteps: maxTurns ?? null, maxOutputTokens: maxOutputTokens ?? null };
}

function materialsOf(plan: TaskPlan | null, review: OpenedReview | null): TaskMaterial[] {
  return [
    ...(plan === null ? [] : [{ tag: 'approved-plan' as const, text: `${plan.markdown}\n\n## The steps to carry out\n\n${planMarkdown(plan.steps)}` }]),
    ...(review === null ? [] : reviewMaterials(review)),
    ...(review === null ? [] : [{ tag: 'diff' as const, text: `${review.diff.range.base} (${review.diff.range.baseSha}) → ${review.diff.range.head} (${review.diff.range.headSha})\n\n${review.shown.text}` }]),
  ];
}

/** What is known about a pull request before its diff. */
function reviewMaterials({ subject, followed, diff, rules }: OpenedReview): TaskMaterial[] {
  const words = levelRules(rules.level).words;
  const level = words === '' ? [] : [`How closely to look: ${words}`];
  const since = diff.since === null ? [] : [`This pull request was reviewed at ${diff.since.sha}. Shown and judged is only what came after it.`];
  const pull = subject === null ? [] : [`Pull request ${subject.pull.number} by ${subject.pull.authorLogin ?? 'somebody'}: ${subject.pull.title}`, `CI at its head: ${subject.ci.state}${subject.ci.failing.length > 0 ? ` (${subject.ci.failing.slice(0, 10).join(', ')})` : ''}`, '', (subject.pull.body ?? '').slice(0, MOST_OF_BODY)];
  const about = [...level, ...since, ...pull];
  const earlier = followed.standing.map(({ row, now }) => `- ${row.file}:${now.endLine} (${row.severity}): ${row.title}`);
  return [
    ...(about.length === 0 ? [] : [{ tag: 'pull-request' as const, text: about.join('\n') }]),
    ...(earlier.length === 0 ? [] : [{ tag: 'earlier-remarks' as const, text: earlier.join('\n') }]),
  ];
}
