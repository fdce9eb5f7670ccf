import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { sqlRow } from '../sql';
import { RUNNING_STATUSES } from '../tasks/task-status';

/** What a user's tasks came to in one organization. */
export interface UserStats {
  readonly total: number;
  readonly completed: number;
  readonly failed: number;
  readonly running: number;
  readonly credits30dMicro: bigint;
  readonly opened: number;
  readonly merged: number;
}

const STATS = `
SELECT t.total, t.completed, t.failed, t.running, p.opened, p.merged, u.credits30d_micro
  FROM (SELECT count(*)::integer AS total, count(*) FILTER (WHERE status = 'completed')::integer AS completed,
               count(*) FILTER (WHERE status IN ('failed','timed_out'))::integer AS failed, count(*) FILTER (WHERE status = ANY($3::text[]))::integer AS running
          FROM tasks WHERE user_id = $2 AND organization_id = $1) t,
       (SELECT count(*)::integer AS opened, count(*) FILTER (WHERE r.status = 'merged')::integer AS merged
          FROM pull_requests r JOIN tasks k ON k.id = r.task_id WHERE k.user_id = $2 AND k.organization_id = $1 AND r.origin = 'agent') p,
       (SELECT coalesce(-sum(c.amount_micro), 0)::bigint AS credits30d_micro
          FROM credit_transactions c JOIN tasks k ON k.id = c.task_id
         WHERE k.user_id = $2 AND k.organization_id = $1 AND c.organization_id = $1 AND c.type = 'usage' AND c.created_at > now() - interval '30 days') u`;

@Injectable()
export class UserStatsStore {
  async find(manager: EntityManager, organizationId: string, userId: string): Promise<UserStats> {
    const row = await sqlRow<UserStats>(manager, STATS, [organizationId, userId, RUNNING_STATUSES], ['credits30dMicro']);
    if (!row) throw new Error('a query of counts gave no row');
    return row;
  }
}
