import type { PullRequest } from '../pull-requests/pull-request.entity';
import type { TaskStatus } from '../tasks/task-status';

/** Every event that is sent. `ping` is sent to an endpoint on request, whatever it subscribed to. */
export const WEBHOOK_EVENTS = [
  'ping', 'task.created', 'task.queued', 'task.started', 'task.waiting_for_user', 'task.waiting_for_approval', 'task.paused', 'task.completed', 'task.failed', 'task.cancelled',
  'task.timed_out', 'task.pull_request.opened', 'task.pull_request.updated', 'task.pull_request.merged', 'task.pull_request.closed', 'review.published', 'budget.threshold', 'credits.low',
  'subscription.updated', 'subscription.trial_ending', 'invoice.payment_failed',
] as const;
export type WebhookEvent = (typeof WEBHOOK_EVENTS)[number];

/** Subscribes an endpoint to every event, also to those that come later. */
export const ALL_EVENTS = '*';

/** What an endpoint can subscribe to. */
export const SUBSCRIPTIONS = [...WEBHOOK_EVENTS.filter((event) => event !== 'ping'), ALL_EVENTS] as const;

/** The event of a task that comes into a status; null: nothing is sent. */
const EVENT_OF_STATUS: Readonly<Record<TaskStatus, WebhookEvent | null>> = {
  draft: null,
  scheduled: null,
  queued: 'task.queued',
  provisioning: 'task.started',
  in_progress: null,
  waiting_for_approval: 'task.waiting_for_approval',
  waiting_for_user: 'task.waiting_for_user',
  paused: 'task.paused',
  publishing: null,
  completed: 'task.completed',
  failed: 'task.failed',
  cancelled: 'task.cancelled',
  timed_out: 'task.timed_out',
};

/** Something that happened to a task. */
export interface TaskNews {
  readonly type: WebhookEvent;
  /** The status it left; null for a new task. */
  readonly previousStatus: TaskStatus | null;
}

/** What is sent of a move; nothing when the status stays. `from` null: the task is new. */
export function newsOfMove(from: TaskStatus | null, to: TaskStatus): TaskNews[] {
  const event = from === to ? null : EVENT_OF_STATUS[to];
  const news: (WebhookEvent | null)[] = from === null ? ['task.created', event] : [event];
  return news.filter((type) => type !== null).map((type) => ({ type, previousStatus: from }));
}

/** What is shown of a pull request before and after it was written. */
export interface PullRequestChange {
  readonly before: Pick<PullRequest, 'status' | 'headSha'> | null;
  readonly after: Pick<PullRequest, 'status' | 'headSha'>;
}

/** The event of a pull request that was written; null when nothing of interest changed. */
export function newsOfPullRequest({ before, after }: PullRequestChange): WebhookEvent | null {
  if (before === null) return 'task.pull_request.opened';
  if (before.status === after.status && before.headSha === after.headSha) return null;
  if (before.status !== after.status && (after.status === 'merged' || after.status === 'closed')) return `task.pull_request.${after.status}`;
  return 'task.pull_request.updated';
}

/** Whether an endpoint with these subscriptions hears of an event. */
export function isSubscribed(events: readonly string[], type: WebhookEvent): boolean {
  return events.includes(type) || events.includes(ALL_EVENTS);
}
