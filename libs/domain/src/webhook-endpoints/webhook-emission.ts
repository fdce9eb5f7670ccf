// Writes webhooks in the transaction of what they tell. Plain functions: whoever moves a task cannot forget to be given a store.
import { newId } from '@app/common';
import type { EntityManager } from 'typeorm';
import { sqlRow } from '../sql';
import { taskSummaryJson } from '../tasks/task-projection';
import { SELECT_TASK_SUMMARY, TASK_BIGINTS, type TaskSummary } from '../tasks/task-view';
import { noteDeliveries } from './committed-deliveries';
import { webhookBody } from './webhook-body';
import { isSubscribed, type TaskNews, type WebhookEvent } from './webhook-event';

/** An endpoint that may hear of something, with what it subscribed to. */
export interface Listener {
  readonly id: string;
  readonly events: readonly string[];
}

/**
 * SQL of a column: the active endpoints of an organization and of a task as JSON, null when there are none. Two look-ups by index: part of a
 * statement that is run anyway, so that a move nobody listens to costs no round trip.
 */
export function listenersSql(task: string, organization: string): string {
  return `(SELECT json_agg(json_build_object('id', w.id, 'events', w.events)) FROM (
     SELECT id, events FROM webhook_endpoints WHERE organization_id = ${organization} AND task_id IS NULL AND deleted_at IS NULL AND status = 'active'
     UNION ALL SELECT id, events FROM webhook_endpoints WHERE task_id = ${task} AND deleted_at IS NULL AND status = 'active') w)`;
}

/** Tells the listeners what happened to a task, as it stands in this transaction. */
export async function emitTaskNews(tx: EntityManager, taskId: string, listeners: readonly Listener[] | null, news: readonly TaskNews[]): Promise<void> {
  if (!listeners || !news.some(({ type }) => listeners.some(({ events }) => isSubscribed(events, type)))) return;
  const { task, at } = await readTask(tx, taskId);
  for (const { type, previousStatus } of news) {
    await send(tx, { type, at, organizationId: task.organizationId, taskId, listeners, data: { ...taskSummaryJson(task), previousStatus } });
  }
}

/** A pull request of a task, as receivers see it inside of the task. */
export interface PullRequestNews {
  readonly type: WebhookEvent;
  readonly pullRequest: Readonly<Record<string, unknown>>;
  /** What a review came to, where the news is one. */
  readonly review?: Readonly<Record<string, unknown>>;
}

/** Tells whoever listens what happened to a task's pull request: the task, with all of that pull request. */
export async function emitPullRequestNews(tx: EntityManager, taskId: string, { type, ...about }: PullRequestNews): Promise<void> {
  const heard = await sqlRow<{ listeners: Listener[] | null }>(tx, `SELECT ${listenersSql('t.id', 't.organization_id')} AS listeners FROM tasks t WHERE t.id = $1`, [taskId]);
  const listeners = heard?.listeners ?? null;
  if (!listeners?.some(({ events }) => isSubscribed(events, type))) return;
  const { task, at } = await readTask(tx, taskId);
  await send(tx, { type, at, organizationId: task.organizationId, taskId, listeners, data: { ...taskSummaryJson(task), ...about } });
}

/** Tells the endpoints of an organization something that is about no task; in the transaction of the fact. */
export async function emitOrganizationNews(tx: EntityManager, organizationId: string, type: WebhookEvent, data: Readonly<Record<string, unknown>>): Promise<void> {
  const heard = await sqlRow<{ listeners: Listener[] | null; toldAt: Date }>(tx, `SELECT ${listenersSql('NULL::uuid', '$1')} AS listeners, now() AS told_at`, [organizationId]);
  if (heard?.listeners) await send(tx, { type, at: heard.toldAt, organizationId, taskId: null, listeners: heard.listeners, data });
}

async function readTask(tx: EntityManager, taskId: string): Promise<{ task: TaskSummary; at: Date }> {
  const task = await sqlRow<TaskSummary & { toldAt: Date }>(tx, `${SELECT_TASK_SUMMARY.replace('SELECT', 'SELECT now() AS told_at,')} WHERE t.id = $1`, [taskId], TASK_BIGINTS);
  if (!task) throw new Error(`task ${taskId} has news but is not there`);
  return { task, at: task.toldAt };
}

interface Fact {
  readonly type: WebhookEvent;
  readonly at: Date;
  readonly organizationId: string;
  readonly taskId: string | null;
  readonly listeners: readonly Listener[];
  readonly data: Readonly<Record<string, unknown>>;
}

async function send(tx: EntityManager, fact: Fact): Promise<void> {
  const endpoints = fact.listeners.filter(({ events }) => isSubscribed(events, fact.type)).map(({ id }) => id);
  if (endpoints.length > 0) await addDeliveries(tx, endpoints, fact);
}

/** Writes one event for each of the endpoints; they are enqueued after the commit. Returns the deliveries' ids, in the endpoints' order. */
export async function addDeliveries(tx: EntityManager, endpoints: readonly string[], fact: Omit<Fact, 'listeners'>): Promise<string[]> {
  const { type, at, organizationId, taskId, data } = fact;
  const eventId = `evt_${newId()}`;
  const ids = endpoints.map(() => newId());
  await tx.query(
    `INSERT INTO webhook_endpoint_deliveries (id, organization_id, endpoint_id, event_id, event_type, task_id, body)
     SELECT d.id, $3, d.endpoint_id, $4, $5, $6, $7 FROM unnest($1::uuid[], $2::uuid[]) AS d(id, endpoint_id)`,
    [ids, endpoints, organizationId, eventId, type, taskId, webhookBody({ id: eventId, type, createdAt: at, organizationId, data })],
  );
  noteDeliveries(tx, ids);
  return ids;
}
