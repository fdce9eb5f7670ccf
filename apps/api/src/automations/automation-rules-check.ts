import { AppError, Clock, invalidField } from '@app/common';
import type { AutomationKind, AutomationTemplate, AutomationTrigger } from '@app/domain';
import { nextTick, renderPrompt, scheduleFault, TaskSubmission, unknownPlaceholders, type EventFacts, type Submitter, type TaskRequest } from '@app/submission';
import { Injectable } from '@nestjs/common';

/** Which fields of a trigger belong to which kind. */
const FIELDS: Readonly<Record<keyof AutomationTrigger, AutomationKind>> = { cron: 'schedule', timeZone: 'schedule', label: 'issue_label', moments: 'pull_request' };
const SAMPLE: EventFacts = { event: 'sample', repository: 'owner/name', date: '2026-11-23' };
/** A review needs something to look at: with these kinds the event brings it. */
const BRINGS_PULL: readonly AutomationKind[] = ['pull_request', 'mention'];

export interface CheckedRule {
  readonly kind: AutomationKind;
  readonly trigger: AutomationTrigger;
}

/** Whether the parts of an automation make sense together, before the first event finds out. */
@Injectable()
export class AutomationRulesCheck {
  constructor(
    private readonly submission: TaskSubmission,
    private readonly clock: Clock,
  ) {}

  /** @throws {AppError} validation_failed below /trigger */
  rule({ kind, ...given }: AutomationTrigger & { readonly kind: AutomationKind }): CheckedRule {
    for (const field of Object.keys(given) as (keyof AutomationTrigger)[]) {
      if (given[field] !== undefined && FIELDS[field] !== kind) throw invalidField(`/trigger/${field}`, 'not_allowed', `${field} goes with kind ${FIELDS[field]}`);
    }
    if (kind === 'issue_label' && given.label === undefined) throw invalidField('/trigger/label', 'required', 'kind issue_label needs the label');
    return { kind, trigger: kind === 'schedule' ? schedule(given) : given };
  }

  /** When a schedule runs next; null: it is none. */
  nextRunAt({ kind, trigger }: CheckedRule): Date | null {
    return kind === 'schedule' ? nextTick({ cron: trigger.cron ?? '', timeZone: trigger.timeZone ?? 'UTC' }, this.clock.now()) : null;
  }

  /** Tries the template without handing anything in. @throws {AppError} as POST /tasks, with pointers below /task */
  async template(submitter: Submitter & { readonly repositoryId: string }, kind: AutomationKind, template: AutomationTemplate): Promise<void> {
    for (const field of ['prompt', 'title'] as const) {
      const [unknown] = unknownPlaceholders(template[field] ?? '');
      if (unknown !== undefined) throw invalidField(`/task/${field}`, 'unknown_placeholder', `{{${unknown.slice(0, 50)}}} stands for nothing`);
    }
    try {
      await this.submission.check(submitter, sampleOf(submitter.repositoryId, kind, template));
    } catch (error) {
      throw error instanceof AppError ? below('/task', error) : error;
    }
  }
}

function sampleOf(repositoryId: string, kind: AutomationKind, template: AutomationTemplate): TaskRequest {
  const { prompt, title, ...rest } = template;
  const sample = { ...rest, repositoryId, prompt: renderPrompt(prompt, SAMPLE), title };
  return rest.mode === 'pr_review' && rest.branch === undefined && BRINGS_PULL.includes(kind) ? { ...sample, sourcePullRequestNumber: 1 } : sample;
}

function schedule({ cron, timeZone = 'UTC' }: AutomationTrigger): AutomationTrigger {
  if (cron === undefined) throw invalidField('/trigger/cron', 'required', 'kind schedule needs cron');
  const fault = scheduleFault({ cron, timeZone });
  if (fault) throw invalidField(`/trigger/${fault.field}`, 'invalid_format', fault.detail);
  return { cron, timeZone };
}

/** The same refusal, at the place where the caller wrote it. */
function below(prefix: string, error: AppError): AppError {
  const { kind, detail, members, headers, errors } = error;
  const isTheirs = (pointer: string): boolean => pointer !== '' && pointer !== '/repositoryId';
  return new AppError(kind, detail, { members, headers, errors: errors.map((one) => (isTheirs(one.pointer) ? { ...one, pointer: `${prefix}${one.pointer}` } : one)) });
}
