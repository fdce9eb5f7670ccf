import type { NewTask, Task, TaskMode } from '@app/domain';

/** Whose task it becomes, and which organization pays for it. */
export interface Submitter {
  readonly organizationId: string;
  readonly userId: string;
}

/** A task as it is asked for, whoever asks: `CreateTask` of the API without HTTP. Each field's shape was checked by whoever made it. */
export interface TaskRequest {
  prompt: string;
  repositoryId: string;
  mode?: TaskMode;
  title?: string;
  /** For people; the agent does not read it. */
  description?: string;
  branch?: string;
  targetBranch?: string;
  sourcePullRequestNumber?: number;
  /** `auto`, or a model's name or id. */
  model?: string;
  apiKeyId?: string | null;
  priority?: Task['priority'];
  maxCredits?: number;
  timeoutSeconds?: number;
  scheduledAt?: string;
  draft?: boolean;
  tags?: string[];
  candidates?: number | null;
  parentTaskId?: string;
  callbackUrl?: string;
  callbackSecret?: string;
  metadata?: Record<string, string>;
  options?: object;
}

/** The same of a change: only what is sent, and null takes the callback away. */
export type TaskRequestChange = Partial<Omit<TaskRequest, 'callbackUrl'>> & { callbackUrl?: string | null };

/** What a task has that no caller can ask for: where it came from, and what keeps it from being made twice. */
export type TaskOrigin = Partial<Pick<NewTask, 'source' | 'dedupeKey' | 'sourceIssueNumber' | 'sourcePullRequestId' | 'forkedFromTaskId' | 'parentTaskId' | 'automationId'>>;
