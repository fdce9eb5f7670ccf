import { Injectable } from '@nestjs/common';
import { sqlRow } from '../sql';
import type { Tx } from '../unit-of-work';
import { latencyClass, LATENCY_CLASSES } from './latency-classes';
import { SubscriptionUsageStore } from './subscription-usage.store';

/** What one batch added. */
export interface Folded {
  /** Calls that are in the sums now; less than the limit: no more were waiting. Null: another process folds. */
  readonly calls: number | null;
  /** Rows that were written. */
  readonly rows: number;
}

interface FoldedCells {
  readonly calls: number;
  readonly cells: number;
  readonly subscriptions: string[];
  readonly dates: string[];
}

/**
 * Adds calls to the daily sums, each exactly once. A call waits in `unfolded_usage` from the transaction that wrote it on, and leaves it in the transaction that adds it: it does
 * not matter how late it came, on which day, or where a process died. Sums and what waits, read in one statement, are all calls there are.
 */
@Injectable()
export class UsageFold {
  constructor(private readonly subscriptions: SubscriptionUsageStore) {}

  /** One batch, in one transaction. One process at a time: days of subscriptions and days of models are counted anew from sums that no other may be about to change. */
  async fold(tx: Tx, limit: number): Promise<Folded> {
    if (!(await takeFoldLock(tx))) return { calls: null, rows: 0 };
    const folded = await sqlRow<FoldedCells>(tx, FOLD, [limit]);
    if (!folded || folded.calls === 0) return { calls: 0, rows: 0 };
    const days = folded.subscriptions.map((subscriptionId, index) => ({ subscriptionId, date: folded.dates[index] ?? '' }));
    return { calls: folded.calls, rows: folded.cells + (await this.subscriptions.refresh(tx, days)) };
  }
}

/** Whether this transaction is the one that folds, until it ends. Never waits. */
export async function takeFoldLock(tx: Tx): Promise<boolean> {
  return (await sqlRow<{ mine: boolean }>(tx, `SELECT pg_try_advisory_xact_lock(hashtextextended('analytics fold', 0)) AS mine`))?.mine ?? false;
}

const SUMS = ['calls', 'failed_calls', 'input_tokens', 'cache_read_tokens', 'cache_write_tokens', 'output_tokens', 'reasoning_tokens', 'credits_micro', 'cost_nusd', 'timed_calls', 'latency_ms_sum'];
const KIND = ['organization_id', 'date', 'subscription_id', 'model_id', 'user_id', 'repository_id', 'mode', 'api_key_id', 'purpose'];

/** SQL: a call with everything that tells kinds apart, and its class; over `api_key_usage_logs l LEFT JOIN tasks t`. */
export const CALL = `
  l.organization_id, (l.created_at AT TIME ZONE 'UTC')::date AS date, l.model_id, l.user_id, t.repository_id, t.mode, l.api_key_id, l.purpose, l.task_id, 1 AS calls, (l.outcome <> 'ok')::integer AS failed_calls,
  l.input_tokens, l.cache_read_tokens, l.cache_write_short_tokens + l.cache_write_long_tokens AS cache_write_tokens, l.output_tokens, l.reasoning_tokens, l.credits_micro, l.cost_nusd,
  ${latencyClass('l')} AS class, CASE WHEN l.outcome = 'ok' THEN l.latency_ms END AS timed_ms`;

/** `$1` how many calls. A subscription counts from when its row was made until it ended. */
const FOLD = `
WITH taken AS (
  DELETE FROM unfolded_usage u USING (SELECT organization_id, usage_id FROM unfolded_usage ORDER BY organization_id, usage_id LIMIT $1 FOR UPDATE SKIP LOCKED) q
   WHERE u.organization_id = q.organization_id AND u.usage_id = q.usage_id RETURNING u.usage_id),
calls AS (
  SELECT c.*, md5(concat_ws('/', ${KIND.map((column) => `coalesce(c.${column}::text, '-')`).join(', ')}))::uuid AS id
    FROM (SELECT ${CALL}, (SELECT s.id FROM subscriptions s
                            WHERE s.organization_id = l.organization_id AND s.created_at <= l.created_at AND (s.ended_at IS NULL OR s.ended_at > l.created_at) AND s.status NOT IN ('incomplete', 'incomplete_expired')
                            ORDER BY s.created_at DESC, s.id LIMIT 1) AS subscription_id
            FROM taken q JOIN api_key_usage_logs l ON l.id = q.usage_id LEFT JOIN tasks t ON t.id = l.task_id) c),
by_class AS (SELECT id, class, count(*)::integer AS n FROM calls WHERE class IS NOT NULL GROUP BY id, class),
classes AS (
  SELECT d.id, array_agg(coalesce(c.n, 0) ORDER BY g.class) AS counts
    FROM (SELECT DISTINCT id FROM by_class) d CROSS JOIN generate_series(1, ${LATENCY_CLASSES}) AS g(class) LEFT JOIN by_class c ON c.id = d.id AND c.class = g.class GROUP BY d.id),
sums AS (
  SELECT id, ${KIND.join(', ')}, sum(calls) AS calls, sum(failed_calls) AS failed_calls, sum(input_tokens) AS input_tokens, sum(cache_read_tokens) AS cache_read_tokens, sum(cache_write_tokens) AS cache_write_tokens,
         sum(output_tokens) AS output_tokens, sum(reasoning_tokens) AS reasoning_tokens, sum(credits_micro) AS credits_micro, sum(cost_nusd) AS cost_nusd, count(timed_ms) AS timed_calls,
         coalesce(sum(timed_ms), 0) AS latency_ms_sum, coalesce(max(timed_ms), 0) AS latency_ms_max
    FROM calls GROUP BY id, ${KIND.join(', ')}),
cells AS (
  INSERT INTO usage_stats AS s (id, ${KIND.join(', ')}, ${SUMS.join(', ')}, latency_ms_max, latency_classes)
  SELECT u.id, ${KIND.map((column) => `u.${column}`).join(', ')}, ${SUMS.map((column) => `u.${column}`).join(', ')}, u.latency_ms_max, coalesce(c.counts, '{}') FROM sums u LEFT JOIN classes c ON c.id = u.id ORDER BY u.id
  ON CONFLICT (id) DO UPDATE SET ${SUMS.map((column) => `${column} = s.${column} + EXCLUDED.${column}`).join(', ')}, latency_ms_max = greatest(s.latency_ms_max, EXCLUDED.latency_ms_max),
    latency_classes = (SELECT coalesce(array_agg(coalesce(a.was, 0) + coalesce(a.more, 0) ORDER BY a.class), '{}') FROM unnest(s.latency_classes, EXCLUDED.latency_classes) WITH ORDINALITY AS a(was, more, class))
  RETURNING id, organization_id, date, subscription_id),
members AS (
  INSERT INTO usage_stat_tasks (stat_id, task_id) SELECT DISTINCT k.id, c.task_id FROM calls c JOIN cells k ON k.id = c.id WHERE c.task_id IS NOT NULL ON CONFLICT DO NOTHING),
redos AS (
  INSERT INTO model_usage_redos (model_id, date) SELECT DISTINCT model_id, date FROM calls WHERE model_id IS NOT NULL AND date < (now() AT TIME ZONE 'UTC')::date ORDER BY 1, 2 ON CONFLICT DO NOTHING),
days AS (SELECT DISTINCT subscription_id, date FROM cells WHERE subscription_id IS NOT NULL)
SELECT (SELECT count(*)::integer FROM taken) AS calls, (SELECT count(*)::integer FROM cells) AS cells,
       coalesce((SELECT array_agg(subscription_id ORDER BY subscription_id, date) FROM days), '{}') AS subscriptions,
       coalesce((SELECT array_agg(date::text ORDER BY subscription_id, date) FROM days), '{}') AS dates`;
