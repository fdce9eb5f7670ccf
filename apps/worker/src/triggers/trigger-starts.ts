import { AppError } from '@app/common';
import { AutomationStore, TriggerSubjectStore, UnitOfWork, type AutomationKind, type AutomationRow, type TriggeredRepository } from '@app/domain';
import { AutomationRuns, TaskSubmission, wantsEvent, wantsPaths, type EventFacts, type MatchedEvent, type Occasion, type Submitter, type TaskOrigin, type TaskRequest } from '@app/submission';
import { Injectable } from '@nestjs/common';
import type { GithubActor, Subject } from './trigger-event';
import { TriggerFinds } from './trigger-finds';

/** What came of an occasion: tasks, or why there is none. */
export interface Started {
  readonly taskIds: readonly string[];
  readonly refusal: AppError | null;
}

/** An event that may start work; whoever caused it may. */
export interface Start {
  readonly repository: TriggeredRepository;
  readonly actor: GithubActor | null;
  readonly subject: Subject | null;
  readonly kind: AutomationKind;
  /** The same for each telling of the same thing. */
  readonly name: string;
  readonly match: Pick<MatchedEvent, 'branch' | 'label' | 'moment'>;
  readonly facts: Partial<EventFacts>;
}

/** What is started where no automation wants the event. */
export interface BuiltIn {
  readonly submitter: Submitter;
  readonly request: TaskRequest;
  readonly source: TaskOrigin['source'];
}

/** Starts tasks: by the repository's automations, else as is built in. Each occasion makes each of them once. */
@Injectable()
export class TriggerStarts {
  constructor(
    private readonly automations: AutomationStore,
    private readonly subjects: TriggerSubjectStore,
    private readonly unitOfWork: UnitOfWork,
    private readonly runs: AutomationRuns,
    private readonly submission: TaskSubmission,
    private readonly finds: TriggerFinds,
  ) {}

  /** Runs of automations that want the event; null: none does. */
  async automatic(start: Start): Promise<Started | null> {
    const wanting = await this.wanting(start);
    if (wanting.length === 0) return null;
    const occasion = await this.occasionOf(start);
    const taskIds: string[] = [];
    for (const automation of wanting) {
      const outcome = await this.runs.start(automation, occasion);
      if (outcome?.run.taskId) taskIds.push(outcome.run.taskId);
    }
    return { taskIds, refusal: null };
  }

  /** Whether an automation may want the event, before anybody is asked: its paths aside. */
  async isWanted(start: Start): Promise<boolean> {
    return (await this.candidates(start)).length > 0;
  }

  /** Whether a pull request, as we know it by now, stands at another commit than an event says: later ones tell of that. */
  async isOver({ repository, subject }: Pick<Start, 'repository' | 'subject'>, headSha: string): Promise<boolean> {
    const known = subject && (await this.subjects.pullRequest(this.unitOfWork.reader, repository.id, subject.number));
    return known?.headSha !== undefined && known.headSha !== null && known.headSha !== headSha;
  }

  async builtIn(start: Start, { submitter, request, source }: BuiltIn): Promise<Started> {
    const { number, pullRequestId } = await this.about(start);
    const origin = { source, dedupeKey: start.name, sourceIssueNumber: number, sourcePullRequestId: pullRequestId };
    const metadata = start.actor ? { triggeredBy: start.actor.login } : undefined;
    try {
      const { taskId } = await this.submission.submitOnce(submitter, { ...request, metadata }, origin);
      return { taskIds: [taskId], refusal: null };
    } catch (error) {
      if (!(error instanceof AppError) || error.kind.status >= 500) throw error;
      return { taskIds: [], refusal: error };
    }
  }

  private async wanting(start: Start): Promise<AutomationRow[]> {
    const wanted = await this.candidates(start);
    if (!wanted.some(({ filter }) => (filter.paths ?? []).length > 0)) return wanted;
    const paths = start.subject?.isPull === true ? await this.finds.changedPaths(start.repository, start.subject.number) : [];
    return wanted.filter(({ filter }) => wantsPaths(filter, paths));
  }

  private async candidates({ repository, kind, match, actor, subject }: Start): Promise<AutomationRow[]> {
    const event: MatchedEvent = { ...match, author: actor?.login ?? null, labels: subject?.labels ?? [] };
    return (await this.automations.forEvent(this.unitOfWork.reader, repository.id, kind)).filter((automation) => wantsEvent(automation, event));
  }

  private async occasionOf(start: Start): Promise<Occasion> {
    const { repository, subject, actor, kind, match, name, facts } = start;
    const { number, pullRequestId } = await this.about(start);
    return {
      name, sourceIssueNumber: number, sourcePullRequestId: pullRequestId, pullRequestNumber: subject?.isPull === true ? subject.number : null, branch: kind === 'failed_check' ? match.branch : null,
      facts: {
        event: kind, repository: repository.fullName, date: new Date().toISOString().slice(0, 10), author: actor?.login, branch: match.branch ?? undefined, label: match.label,
        ...(subject ? { number: String(subject.number), url: subject.url, title: subject.title, body: subject.body } : {}), ...facts,
      },
    };
  }

  private async about({ repository, subject }: Start): Promise<{ number: number | null; pullRequestId: string | null }> {
    if (!subject) return { number: null, pullRequestId: null };
    if (!subject.isPull) return { number: subject.number, pullRequestId: null };
    return { number: null, pullRequestId: (await this.subjects.pullRequest(this.unitOfWork.reader, repository.id, subject.number))?.id ?? null };
  }
}
