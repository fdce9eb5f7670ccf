import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { sqlRow } from '../sql';

/** How the platform stands: how much there is, what waits, and what should not wait any more. */
export interface PlatformStats {
  readonly users: { readonly active: number; readonly suspended: number; readonly createdLast7d: number };
  readonly organizations: { readonly personal: number; readonly team: number };
  readonly tasks: { readonly queued: number; readonly running: number; readonly waiting: number; readonly scheduled: number; readonly ended24h: number; readonly failed24h: number };
  /** Rows that are jobs. All but the first three are faults when they stay above 0. */
  readonly rows: {
    readonly queuedAttempts: number;
    readonly incomingWebhooks: number;
    readonly outgoingWebhooks: number;
    readonly stuckAttempts: number;
    readonly lostAttempts: number;
    readonly overdueTasks: number;
    readonly overdueScheduledTasks: number;
    readonly overdueIncomingWebhooks: number;
    readonly overdueOutgoingWebhooks: number;
    readonly deadIncomingWebhooks: number;
    readonly deadOutgoingWebhooks: number;
    readonly overdueHolds: number;
  };
}

/** A row that is due for longer got past the sweeper, too, which comes every few seconds. */
const OVERDUE = `now() - interval '1 minute'`;

const STATS = `
SELECT
  (SELECT json_build_object('active', count(*) FILTER (WHERE status = 'active'), 'suspended', count(*) FILTER (WHERE status = 'suspended'), 'createdLast7d', count(*) FILTER (WHERE created_at > now() - interval '7 days' AND status <> 'deleted')) FROM users) AS users,
  (SELECT json_build_object('personal', count(*) FILTER (WHERE kind = 'personal'), 'team', count(*) FILTER (WHERE kind = 'team')) FROM organizations WHERE deleted_at IS NULL) AS organizations,
  (SELECT json_build_object('queued', o.queued, 'running', o.running, 'waiting', o.waiting, 'scheduled', o.scheduled, 'ended24h', e.ended, 'failed24h', e.failed)
     FROM (SELECT count(*) FILTER (WHERE status = 'queued') AS queued, count(*) FILTER (WHERE status IN ('provisioning','in_progress','publishing')) AS running,
                  count(*) FILTER (WHERE status IN ('waiting_for_approval','waiting_for_user','paused')) AS waiting, count(*) FILTER (WHERE status = 'scheduled') AS scheduled
             FROM tasks WHERE completed_at IS NULL) o,
          (SELECT count(*) AS ended, count(*) FILTER (WHERE status IN ('failed','timed_out')) AS failed FROM tasks WHERE completed_at > now() - interval '1 day') e) AS tasks,
  json_build_object(
    'queuedAttempts', (SELECT count(*) FROM task_attempts WHERE status = 'queued'),
    'incomingWebhooks', (SELECT count(*) FROM webhook_deliveries WHERE status IN ('received','failed')),
    'outgoingWebhooks', (SELECT count(*) FROM webhook_endpoint_deliveries WHERE status = 'pending'),
    'stuckAttempts', (SELECT count(*) FROM task_attempts WHERE status = 'queued' AND available_at < ${OVERDUE}),
    'lostAttempts', (SELECT count(*) FROM task_attempts WHERE status = 'running' AND lease_expires_at < ${OVERDUE}),
    'overdueTasks', (SELECT count(*) FROM tasks WHERE status IN ('queued','provisioning','in_progress','publishing') AND deadline_at < ${OVERDUE}),
    'overdueScheduledTasks', (SELECT count(*) FROM tasks WHERE status = 'scheduled' AND scheduled_at < ${OVERDUE}),
    'overdueIncomingWebhooks', (SELECT count(*) FROM webhook_deliveries WHERE status IN ('received','failed') AND next_attempt_at < ${OVERDUE}),
    'overdueOutgoingWebhooks', (SELECT count(*) FROM webhook_endpoint_deliveries WHERE status = 'pending' AND next_attempt_at < ${OVERDUE}),
    'deadIncomingWebhooks', (SELECT count(*) FROM webhook_deliveries WHERE status = 'dead'),
    'deadOutgoingWebhooks', (SELECT count(*) FROM webhook_endpoint_deliveries WHERE status = 'dead'),
    'overdueHolds', (SELECT count(*) FROM credit_holds WHERE status = 'held' AND expires_at < ${OVERDUE})) AS rows`;

/** Counts over all organizations, for the platform's staff alone. */
@Injectable()
export class PlatformStatsStore {
  async read(manager: EntityManager): Promise<PlatformStats> {
    const row = await sqlRow<PlatformStats>(manager, STATS);
    if (!row) throw new Error('a query of counts gave no row');
    return row;
  }
}
