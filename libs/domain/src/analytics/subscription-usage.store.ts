import { newId } from '@app/common';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { sqlChange, sqlRows } from '../sql';
import type { Tx } from '../unit-of-work';

/** A day of a subscription. */
export interface SubscriptionDay {
  readonly subscriptionId: string;
  /** 'YYYY-MM-DD', UTC. */
  readonly date: string;
}

/** Overage of a day of which the payment provider does not know everything yet. */
export interface UnreportedOverage extends SubscriptionDay {
  readonly organizationId: string;
  readonly stripeSubscriptionId: string | null;
  readonly stripeCustomerId: string | null;
  readonly overageMicro: bigint;
  readonly overageReportedMicro: bigint;
}

/**
 * What each subscription used, one row per day: `subscription_usage`. What was used is a fold over the daily sums of calls and may be repeated; overage is written by whoever
 * charges it, in the transaction that does, and no fold touches it.
 */
@Injectable()
export class SubscriptionUsageStore {
  /** Brings the days up to what the daily sums say now; returns how many rows changed. Whoever calls holds the lock of the fold, so that no two runs see half of each other. */
  refresh(tx: Tx, days: readonly SubscriptionDay[]): Promise<number> {
    if (days.length === 0) return Promise.resolve(0);
    return sqlChange(tx, REFRESH, [days.map(({ subscriptionId }) => subscriptionId), days.map(({ date }) => date)]);
  }

  /** Adds overage to the day on which the transaction began. Takes the day's row until the transaction ends. */
  async addOverage(tx: Tx, subscriptionId: string, micro: bigint): Promise<void> {
    if (micro <= 0n) throw new RangeError('overage is more than nothing');
    await tx.query(
      `INSERT INTO subscription_usage AS u (id, subscription_id, date, overage_micro) VALUES ($1, $2, now()::date, $3)
       ON CONFLICT (subscription_id, date) DO UPDATE SET overage_micro = u.overage_micro + EXCLUDED.overage_micro`,
      [newId(), subscriptionId, micro],
    );
  }

  /** Days with at least `leastMicro` of overage that was not reported, oldest first. Over all organizations: it is the platform that reports. */
  unreported(manager: EntityManager, leastMicro: bigint, limit: number): Promise<UnreportedOverage[]> {
    return sqlRows<UnreportedOverage>(
      manager,
      `SELECT u.subscription_id, u.date::text, s.organization_id, s.stripe_subscription_id, s.stripe_customer_id, u.overage_micro, u.overage_reported_micro
         FROM subscription_usage u JOIN subscriptions s ON s.id = u.subscription_id
        WHERE u.overage_micro > u.overage_reported_micro AND u.overage_micro - u.overage_reported_micro >= $1 ORDER BY u.date, u.subscription_id LIMIT $2`,
      [leastMicro, limit],
      ['overageMicro', 'overageReportedMicro'],
    );
  }

  /** Notes that `uptoMicro` of a day's overage are reported; false: that much was noted before, or there is no so much. */
  async markReported(tx: Tx, { subscriptionId, date }: SubscriptionDay, uptoMicro: bigint): Promise<boolean> {
    const sql = 'UPDATE subscription_usage SET overage_reported_micro = $3 WHERE subscription_id = $1 AND date = $2 AND overage_reported_micro < $3 AND overage_micro >= $3';
    return (await sqlChange(tx, sql, [subscriptionId, date, uptoMicro])) > 0;
  }
}

/** `$1` subscriptions, `$2` their days. In the order of the key, so that no two writers wait for each other in a circle. */
const REFRESH = `
WITH days AS (SELECT DISTINCT d.subscription_id, d.date, s.organization_id FROM unnest($1::uuid[], $2::date[]) AS d(subscription_id, date) JOIN subscriptions s ON s.id = d.subscription_id)
INSERT INTO subscription_usage AS u (id, subscription_id, date, credits_used_micro, tasks_executed, repositories_accessed, tokens_used, cost_nusd)
SELECT gen_random_uuid(), d.subscription_id, d.date, c.credits_micro, t.tasks, c.repositories, c.tokens, c.cost_nusd
  FROM days d,
  LATERAL (SELECT coalesce(sum(x.credits_micro), 0)::bigint AS credits_micro, coalesce(sum(x.cost_nusd), 0)::bigint AS cost_nusd, count(DISTINCT x.repository_id)::integer AS repositories,
                  coalesce(sum(x.input_tokens + x.cache_read_tokens + x.cache_write_tokens + x.output_tokens), 0)::bigint AS tokens
             FROM usage_stats x WHERE x.organization_id = d.organization_id AND x.date = d.date AND x.subscription_id = d.subscription_id) c,
  LATERAL (SELECT count(DISTINCT y.task_id)::integer AS tasks FROM usage_stats x JOIN usage_stat_tasks y ON y.stat_id = x.id
            WHERE x.organization_id = d.organization_id AND x.date = d.date AND x.subscription_id = d.subscription_id) t
 ORDER BY d.subscription_id, d.date
ON CONFLICT (subscription_id, date) DO UPDATE SET credits_used_micro = EXCLUDED.credits_used_micro, tasks_executed = EXCLUDED.tasks_executed,
  repositories_accessed = EXCLUDED.repositories_accessed, tokens_used = EXCLUDED.tokens_used, cost_nusd = EXCLUDED.cost_nusd
 WHERE (u.credits_used_micro, u.tasks_executed, u.repositories_accessed, u.tokens_used, u.cost_nusd)
       IS DISTINCT FROM (EXCLUDED.credits_used_micro, EXCLUDED.tasks_executed, EXCLUDED.repositories_accessed, EXCLUDED.tokens_used, EXCLUDED.cost_nusd)
RETURNING id`;
