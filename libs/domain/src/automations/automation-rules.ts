import type { TaskMode } from '../tasks/task-mode';
import type { Task } from '../tasks/task.entity';

export const AUTOMATION_KINDS = ['schedule', 'issue_label', 'mention', 'pull_request', 'failed_check', 'api'] as const;
/** What starts the runs of an automation. */
export type AutomationKind = (typeof AUTOMATION_KINDS)[number];

export const PULL_REQUEST_MOMENTS = ['opened', 'ready_for_review', 'synchronize'] as const;
export type PullRequestMoment = (typeof PULL_REQUEST_MOMENTS)[number];

/** What belongs to the kind. */
export interface AutomationTrigger {
  /** `schedule`: five fields of cron, and the IANA time zone that they are read in. */
  cron?: string;
  timeZone?: string;
  /** `issue_label`: the label that is put on an issue. */
  label?: string;
  /** `pull_request`: what happens to it; absent: opened and ready_for_review. */
  moments?: PullRequestMoment[];
}

/** Which of the events count. What is absent lets everything through; `*` and `**` stand for parts of branches and paths. */
export interface AutomationFilter {
  /** Logins at GitHub. It narrows: nobody without write access counts, listed or not. */
  authors?: string[];
  branches?: string[];
  /** One of them must be on the issue or pull request. */
  labels?: string[];
  /** One of them must match a changed file. */
  paths?: string[];
}

/** The task that a run makes. */
export interface AutomationTemplate {
  /** With `{{placeholders}}` of the event. */
  prompt: string;
  title?: string;
  mode?: TaskMode;
  model?: string;
  branch?: string;
  targetBranch?: string;
  priority?: Task['priority'];
  tags?: string[];
  timeoutSeconds?: number;
  options?: object;
}

/** So many failures in a row disable an automation. */
export const AUTOMATION_FAILURES = 5;
/** More than these an organization cannot have. */
export const MOST_AUTOMATIONS = 100;
