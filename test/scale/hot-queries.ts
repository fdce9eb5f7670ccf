// What runs for every request, every job and every round of a sweeper, and how much each may read, however much there is.
import { BillingHouse } from '@app/billing/testing';
import {
  AuditLogStore, deleteEndedSessions, deleteExpiredIdempotencyKeys, deleteOldChecks, deleteOldDeliveries, DeliveryClaims, PartitionStore, PlatformStatsStore, PullRequestStore, TaskAdminStore, TaskAnalyticsStore, WebhookInboxAdminStore,
  WebhookInboxStore, type TaskFilter, type Tx,
} from '@app/domain';
import { TaskHouse, WebhookHouse } from '@app/domain/testing';
import type { DataSource } from 'typeorm';

/** Of the organization that has a tenth of everything. */
export interface Subject {
  readonly organizationId: string;
  readonly userId: string;
  readonly repositoryId: string;
  readonly taskId: string;
  readonly queuedAttemptId: string;
  readonly runningAttemptId: string;
  readonly runningTaskId: string;
  readonly pullRequestUrl: string;
  readonly endpointId: string;
}

export interface HotQuery {
  readonly name: string;
  /** Rows it may look at, in all its statements together. More than a page, for joins look at what belongs to each row. */
  readonly mostRows: number;
  /** Partitions of events and logs that it may touch. */
  readonly mostPartitions?: number;
  run(tx: Tx): Promise<unknown>;
}

const PAGE = { limit: 20, after: null, order: 'desc' } as const;
/** A page of 20 tasks: 21 rows, and for each its repository, user, model, counters, attempt, pull request, callback. */
const LIST_ROWS = 400;
/** Of a task that waits, its place is counted, up to 1,000. */
const WAITING_ROWS = 21 * 1_000;
const ENDED_LISTS: readonly string[] = ['by status', 'before a day'];

const WHOLE_LISTS: Readonly<Record<string, Omit<TaskFilter, 'organizationId'>>> = {
  'all': {},
  'by status': { status: ['completed'] },
  'by several statuses': { status: ['queued', 'in_progress', 'waiting_for_user'] },
  'by mode': { mode: 'code' },
  'by tag': { tag: 'backend' },
  'by priority': { priority: 'high' },
  'by source': { source: 'api' },
  'after a day': { createdAfter: new Date(Date.now() - 86_400_000 * 30) },
  'before a day': { createdBefore: new Date(Date.now() - 86_400_000 * 180) },
  'by words of the title': { q: 'flaky' },
};

function lists(house: TaskHouse, subject: Subject): HotQuery[] {
  const list = (name: string, filter: Omit<TaskFilter, 'organizationId'>): HotQuery => ({ name: `task list ${name}`, mostRows: LIST_ROWS + (ENDED_LISTS.includes(name) ? 0 : WAITING_ROWS), mostPartitions: 25, run: (tx) => house.tasks.listText(tx, { organizationId: subject.organizationId, ...filter }, PAGE) });
  return [
    ...Object.entries(WHOLE_LISTS).map(([name, filter]) => list(name, filter)),
    list('of a repository', { repositoryId: subject.repositoryId }),
    list('of a user', { userId: subject.userId }),
    { ...list('of an issue', { issueNumber: 11 }), mostRows: 5_000 },
    list('of a parent', { parentTaskId: subject.taskId }),
    list('of a pull request', { pullRequestUrl: subject.pullRequestUrl }),
    { name: 'task list, a late page', mostRows: LIST_ROWS, mostPartitions: 25, run: (tx) => house.tasks.listText(tx, { organizationId: subject.organizationId }, { ...PAGE, after: { sort: new Date(Date.now() - 86_400_000 * 200).toISOString(), id: subject.taskId } }) },
  ];
}

function tasks(house: TaskHouse, subject: Subject): HotQuery[] {
  const mine = { organizationId: subject.organizationId, taskId: subject.taskId };
  return [
    { name: 'task read', mostRows: 60, mostPartitions: 1, run: (tx) => house.tasks.readText(tx, mine.organizationId, mine.taskId) },
    { name: 'events page', mostRows: 60, mostPartitions: 1, run: (tx) => house.events.readAfter(tx, mine, 2, 20) },
    { name: 'events for a resumed attempt', mostRows: 60, mostPartitions: 1, run: (tx) => house.events.readForResume(tx, mine.taskId) },
    { name: 'where a stream stands', mostRows: 5, run: (tx) => house.events.position(tx, mine) },
    // By time, while a task's lines are looked for by the task: each month's index is asked.
    { name: 'logs page', mostRows: 60, mostPartitions: 20, run: (tx) => house.logs.read(tx, { ...mine, after: 0, limit: 20 }) },
    { name: 'logs page, warnings', mostRows: 60, mostPartitions: 20, run: (tx) => house.logs.read(tx, { ...mine, after: 0, limit: 20, level: 'warn' }) },
    { name: 'attempts of a task', mostRows: 20, run: (tx) => house.attempts.listForTask(tx, mine.organizationId, mine.taskId) },
    { name: 'append events', mostRows: 60, mostPartitions: 1, run: (tx) => house.events.append(tx, mine.taskId, null, [{ type: 'nudge', data: { text: 'a' } }]) },
    { name: 'append logs', mostRows: 20, mostPartitions: 1, run: (tx) => house.logs.append(tx, mine.taskId, null, [{ level: 'info', source: 'agent', message: 'a' }]) },
    { name: 'pull request of a task', mostRows: 20, run: (tx) => new PullRequestStore().findForTask(tx, mine.organizationId, mine.taskId) },
  ];
}

function queue(house: TaskHouse, subject: Subject): HotQuery[] {
  return [
    // Counts what its organization runs.
    { name: 'claim', mostRows: 1_000, run: (tx) => house.lifecycle.claim(tx, subject.queuedAttemptId, 'worker-1') },
    // By the attempt's key or by the index of leases, as PostgreSQL sees fit: then as many as run.
    { name: 'heartbeat', mostRows: 2_000, run: (tx) => house.attempts.heartbeat(tx, { attemptId: subject.runningAttemptId, taskId: subject.runningTaskId, fence: 1n }) },
    // Looks at the first waiting task of each organization, and counts what each runs.
    { name: 'next task by fairness', mostRows: Infinity, run: (tx) => house.attempts.fairest(tx, []) },
    { name: 'next task of an organization', mostRows: 1_000, run: (tx) => house.moves.wakeNext(tx, subject.runningTaskId) },
    { name: 'queue depth', mostRows: Infinity, run: (tx) => tx.query(`SELECT count(*) FROM task_attempts WHERE status = 'queued' AND available_at <= now()`) },
    { name: 'tasks of the staff', mostRows: LIST_ROWS, run: (tx) => new TaskAdminStore().list(tx, {}, PAGE) },
    { name: 'figures of the platform', mostRows: Infinity, run: (tx) => new PlatformStatsStore().read(tx) },
  ];
}

function sweeps(house: TaskHouse, claims: DeliveryClaims, billing: BillingHouse): HotQuery[] {
  const inbox = new WebhookInboxStore();
  const partitions = new PartitionStore();
  return [
    { name: 'sweep: lost attempts', mostRows: 300, run: (tx) => house.sweeps.lostAttempts(tx, 100) },
    // Every running task with a deadline.
    { name: 'sweep: overdue attempts', mostRows: 3_000, run: (tx) => house.sweeps.overdueAttempts(tx, 100) },
    { name: 'sweep: scheduled tasks', mostRows: 300, run: (tx) => house.sweeps.dueScheduledTasks(tx, 100) },
    { name: 'sweep: stuck attempts', mostRows: 300, run: (tx) => house.attempts.stuck(tx, 100) },
    { name: 'sweep: candidates', mostRows: 300, run: (tx) => house.candidateSweeps.due(tx, 100) },
    { name: 'sweep: webhook inbox', mostRows: 300, run: (tx) => inbox.stuck(tx, 100) },
    { name: 'sweep: webhooks that kill their worker', mostRows: Infinity, run: (tx) => inbox.bury(tx) },
    { name: 'sweep: old webhooks in', mostRows: 500, run: (tx) => inbox.deleteOld(tx, { days: 30, limit: 100 }) },
    { name: 'sweep: webhooks out', mostRows: 300, run: (tx) => claims.due(tx, 100) },
    { name: 'sweep: old webhooks out', mostRows: 500, run: (tx) => deleteOldDeliveries(tx, 100) },
    { name: 'sweep: idempotency keys', mostRows: 300, run: (tx) => deleteExpiredIdempotencyKeys(tx, 100) },
    { name: 'sweep: checks of commits', mostRows: 300, run: (tx) => deleteOldChecks(tx, 100) },
    { name: 'sweep: sessions', mostRows: 300, run: (tx) => deleteEndedSessions(tx, 100) },
    { name: 'sweep: blobs', mostRows: 300, run: (tx) => house.blobs.deleteExpired(tx, 100) },
    { name: 'sweep: holds left over', mostRows: 500, run: (tx) => billing.ledger.leftOverHolds(tx, 100) },
    { name: 'sweep: lots past their time', mostRows: 300, run: (tx) => billing.ledger.expiredLots(tx, 100) },
    { name: 'sweep: free plans', mostRows: 500, run: (tx) => billing.freePlan.renewOne(tx) },
    { name: 'sweep: partitions', mostRows: Infinity, run: (tx) => partitions.drop(tx, 'task_events', 6) },
    { name: 'sweep: rows without a partition', mostRows: 2_000, mostPartitions: 1, run: (tx) => partitions.strays(tx, 'task_events') },
  ];
}

function money(billing: BillingHouse, subject: Subject): HotQuery[] {
  const call = { organizationId: subject.organizationId, taskId: subject.runningTaskId, attemptId: subject.runningAttemptId };
  return [
    { name: 'hold', mostRows: 100, run: (tx) => billing.ledger.hold(tx, { ...call, callSeq: 1, amountMicro: 1_000n, costNusd: 1n, priceId: null, apiKeyId: null }) },
    { name: 'balance', mostRows: 100, run: (tx) => billing.accounts.balance(tx, subject.organizationId) },
    { name: 'transactions page', mostRows: 200, run: (tx) => billing.accounts.transactions(tx, { organizationId: subject.organizationId }, PAGE) },
    { name: 'usage of a task', mostRows: 20, run: (tx) => billing.usage.listForTask(tx, subject.organizationId, subject.taskId) },
  ];
}

function records(subject: Subject): HotQuery[] {
  const inbox = new WebhookInboxStore();
  const audit = new AuditLogStore();
  const month = { organizationId: subject.organizationId, from: new Date(Date.now() - 86_400_000 * 6).toISOString().slice(0, 10), to: new Date().toISOString().slice(0, 10) };
  return [
    { name: 'webhook received', mostRows: 20, run: (tx) => inbox.receive(tx, { source: 'github', deliveryId: 'new', eventType: 'push', subjectId: '1', occurredAt: null, rawBody: Buffer.from('{"new":1}') }) },
    { name: 'webhook inbox page', mostRows: 100, run: (tx) => new WebhookInboxAdminStore().list(tx, {}, PAGE) },
    { name: 'dead webhooks page', mostRows: 100, run: (tx) => new WebhookInboxAdminStore().list(tx, { status: 'dead' }, PAGE) },
    { name: 'audit page', mostRows: 400, run: (tx) => audit.listForOrganization(tx, subject.organizationId, {}, PAGE) },
    { name: 'audit page by action', mostRows: 400, run: (tx) => audit.listForOrganization(tx, subject.organizationId, { action: 'task.cancelled' }, PAGE) },
    { name: 'audit page of one target', mostRows: 400, run: (tx) => audit.listForOrganization(tx, subject.organizationId, { targetType: 'task', target: subject.taskId }, PAGE) },
    { name: 'audit page of an old day', mostRows: 400, run: (tx) => audit.listForOrganization(tx, subject.organizationId, { to: new Date(Date.now() - 86_400_000 * 300) }, PAGE) },
    { name: 'audit page of the platform', mostRows: 400, run: (tx) => audit.listForPlatform(tx, {}, PAGE) },
    { name: 'audit page of the platform, an old day', mostRows: 400, run: (tx) => audit.listForPlatform(tx, { to: new Date(Date.now() - 86_400_000 * 300) }, PAGE) },
    // Every task of the six days is one row of the answer's sums.
    { name: 'analytics of tasks', mostRows: Infinity, run: (tx) => new TaskAnalyticsStore().tasks(tx, month, 'day', 100) },
  ];
}

/** All of them; each runs in a transaction that is rolled back. */
export function hotQueries(dataSource: DataSource, subject: Subject): HotQuery[] {
  const house = new TaskHouse(dataSource);
  const billing = new BillingHouse(dataSource);
  return [...tasks(house, subject), ...lists(house, subject), ...queue(house, subject), ...sweeps(house, new WebhookHouse(dataSource).claims, billing), ...money(billing, subject), ...records(subject)];
}
