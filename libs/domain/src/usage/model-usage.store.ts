import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { sqlChange, sqlRow, sqlRows } from '../sql';
import type { Tx } from '../unit-of-work';

/** What a model did lately, over all organizations. */
export interface ModelFigures {
  readonly modelId: string;
  readonly calls: number;
  readonly failedCalls: number;
  /** Median latency of answered calls; null: none. */
  readonly p50LatencyMs: number | null;
  /** Tasks whose end says something about the model. */
  readonly tasks: number;
  readonly succeeded: number;
  readonly costPerTaskNusd: bigint | null;
}

/** What an organization did with a model. */
export interface ModelUsage {
  readonly calls: number;
  readonly inputTokens: bigint;
  readonly outputTokens: bigint;
  readonly costNusd: bigint;
  readonly creditsMicro: bigint;
}

/** Answered calls are counted by latency: class n goes up to 250 ms times the n-th power of the root of 2, the last one has no end (over 12 minutes). */
const LATENCY_CLASSES = 24;
const FIRST_CLASS_MS = 250;
/** Days that the figures cover, today among them. */
const FIGURES_DAYS = 14;
/** Calls are written by transactions that began up to so long before they were seen. */
const LATE_HOURS = 1;

/** Ends of a task that its model is to blame for; push, worker and provider failures are not its doing. */
const FAILED_BY_MODEL = ['stuck', 'incomplete', 'refused', 'no_changes', 'verification_failed', 'prompt_too_long', 'deadline'];

/** The daily sums of what models did: `model_usage_stats`. They are folds over the usage rows and the tasks, so that a run may be repeated at any time. */
@Injectable()
export class ModelUsageStore {
  /** The models whose sums are to be kept up: one transaction each, so that none is long. */
  async models(manager: EntityManager): Promise<string[]> {
    return (await sqlRows<{ id: string }>(manager, 'SELECT id FROM ai_models ORDER BY sort_order, name')).map(({ id }) => id);
  }

  /**
   * Counts anew every day of a model that may have changed since the last run: today, the day of its newest sums, yesterday for an hour, because a call counts on the day on
   * which its transaction began, and whatever day before got calls since (the fold notes it). Sums replace sums, so neither a second run nor one at the same time counts anything
   * twice. Returns how many rows it wrote.
   */
  async rollUp(tx: Tx, modelId: string): Promise<number> {
    await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('model-usage-' || $1::text, 0))`, [modelId]);
    return sqlChange(tx, ROLL_UP, [LATE_HOURS, LATENCY_CLASSES, FIRST_CLASS_MS, FAILED_BY_MODEL, modelId]);
  }

  /** The organization's use of a model in the last 30 days: the sums of days that are over, and the calls themselves since. Exact, whenever the sums were made. */
  async forOrganization(manager: EntityManager, organizationId: string, modelId: string): Promise<ModelUsage> {
    const usage = await sqlRow<ModelUsage>(manager, USED, [organizationId, modelId, LATE_HOURS], ['inputTokens', 'outputTokens', 'costNusd', 'creditsMicro']);
    return usage ?? { calls: 0, inputTokens: 0n, outputTokens: 0n, costNusd: 0n, creditsMicro: 0n };
  }

  /** What each model did in the last 14 days; models without a call are left out. */
  async figures(manager: EntityManager): Promise<ModelFigures[]> {
    const rows = await sqlRows<Omit<ModelFigures, 'p50LatencyMs' | 'costPerTaskNusd'> & { costNusd: bigint; classes: number[] | null }>(manager, FIGURES, [FIGURES_DAYS], ['costNusd']);
    return rows.map(({ costNusd, classes, ...figures }) => ({
      ...figures,
      p50LatencyMs: medianOf(classes ?? []),
      costPerTaskNusd: figures.tasks === 0 ? null : costNusd / BigInt(figures.tasks),
    }));
  }
}

/** The middle of the class in which the middle call lies. */
function medianOf(classes: readonly number[]): number | null {
  const calls = classes.reduce((sum, count) => sum + count, 0);
  let before = 0;
  const middle = classes.findIndex((count) => (before += count) * 2 >= calls);
  return calls === 0 ? null : Math.round(FIRST_CLASS_MS * Math.SQRT2 ** (middle - 0.5));
}

/** `$1` hours for late rows, `$2` classes of latency, `$3` end of the first one, `$4` codes of failures by the model, `$5` the model. Probes of keys and models are no work, and are left out. */
const ROLL_UP = `
WITH late AS (DELETE FROM model_usage_redos WHERE model_id = $5::uuid RETURNING date),
since AS (
  SELECT least((now() - make_interval(hours => $1::integer))::date, (SELECT min(date) FROM late), coalesce((SELECT max(date) FROM model_usage_stats WHERE model_id = $5::uuid), (SELECT min(created_at)::date FROM api_key_usage_logs WHERE model_id = $5::uuid), now()::date)) AS day),
calls AS (
  SELECT l.created_at::date AS date, l.model_id, l.organization_id, l.user_id, l.outcome, l.input_tokens, l.cache_read_tokens, l.cache_write_short_tokens + l.cache_write_long_tokens AS cache_write_tokens,
         l.output_tokens, l.reasoning_tokens, l.credits_micro, l.cost_nusd, coalesce(l.latency_ms, 0) AS latency_ms, coalesce(l.ttft_ms, 0) AS ttft_ms, l.task_id,
         CASE WHEN l.outcome = 'ok' AND l.latency_ms IS NOT NULL THEN least($2::integer, greatest(1, ceil(ln(greatest(l.latency_ms, 1)::float8 / $3::integer) / ln(2::float8) * 2)::integer + 1)) END AS class
    FROM api_key_usage_logs l, since
   WHERE l.created_at >= since.day AND l.model_id = $5::uuid AND l.purpose NOT IN ('model_test', 'key_test')),
sums AS (
  SELECT date, model_id, organization_id, user_id, count(*) AS total_requests, count(*) FILTER (WHERE outcome <> 'ok') AS failed_requests, sum(input_tokens) AS input_tokens,
         sum(cache_read_tokens) AS cache_read_tokens, sum(cache_write_tokens) AS cache_write_tokens, sum(output_tokens) AS output_tokens, sum(reasoning_tokens) AS reasoning_tokens,
         sum(credits_micro) AS credits_micro, sum(cost_nusd) AS cost_nusd, sum(latency_ms) AS latency_ms_sum, max(latency_ms) AS latency_ms_max, sum(ttft_ms) AS ttft_ms_sum,
         grouping(organization_id) AS all_organizations, grouping(user_id) AS all_users
    FROM calls GROUP BY GROUPING SETS ((date, model_id), (date, model_id, organization_id), (date, model_id, organization_id, user_id))),
by_class AS (SELECT date, model_id, class, count(*)::integer AS n FROM calls WHERE class IS NOT NULL GROUP BY date, model_id, class),
classes AS (
  SELECT d.date, d.model_id, array_agg(coalesce(c.n, 0) ORDER BY g.class) AS counts
    FROM (SELECT DISTINCT date, model_id FROM by_class) d CROSS JOIN generate_series(1, $2::integer) AS g(class)
    LEFT JOIN by_class c ON c.date = d.date AND c.model_id = d.model_id AND c.class = g.class
   GROUP BY d.date, d.model_id),
ends AS (
  SELECT t.completed_at::date AS date, t.ai_model_id AS model_id, count(*) AS tasks, count(*) FILTER (WHERE t.status = 'completed') AS succeeded, sum(k.cost_nusd) AS cost_nusd
    FROM (SELECT DISTINCT l.task_id FROM api_key_usage_logs l, since WHERE l.created_at >= since.day - 1 AND l.model_id = $5::uuid AND l.task_id IS NOT NULL) worked
    JOIN tasks t ON t.id = worked.task_id JOIN task_counters k ON k.task_id = t.id, since
   WHERE t.completed_at >= since.day AND t.ai_model_id = $5::uuid
     AND (t.status = 'completed' OR (t.status IN ('failed', 'timed_out') AND coalesce(t.status_reason, t.error_code) = ANY ($4::text[])))
   GROUP BY 1, 2),
-- A call of nobody's counts for its organization only: its row would be the organization's own. A task may end on a day without a call of its model.
rows AS (
  SELECT date, model_id, organization_id, user_id, total_requests, failed_requests, input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, reasoning_tokens, credits_micro, cost_nusd,
         latency_ms_sum, latency_ms_max, ttft_ms_sum, all_organizations = 1 AS of_everybody
    FROM sums WHERE all_users = 1 OR user_id IS NOT NULL
   UNION ALL
  SELECT e.date, e.model_id, NULL, NULL, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, true
    FROM ends e WHERE NOT EXISTS (SELECT 1 FROM sums u WHERE u.all_organizations = 1 AND u.date = e.date AND u.model_id = e.model_id))
INSERT INTO model_usage_stats AS s (id, model_id, organization_id, user_id, date, total_requests, failed_requests, input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, reasoning_tokens,
  total_credits_micro, cost_nusd, latency_ms_sum, latency_ms_max, ttft_ms_sum, tasks, tasks_succeeded, tasks_cost_nusd, latency_classes)
SELECT gen_random_uuid(), u.model_id, u.organization_id, u.user_id, u.date, u.total_requests, u.failed_requests, u.input_tokens, u.cache_read_tokens, u.cache_write_tokens, u.output_tokens,
       u.reasoning_tokens, u.credits_micro, u.cost_nusd, u.latency_ms_sum, u.latency_ms_max, u.ttft_ms_sum, coalesce(e.tasks, 0), coalesce(e.succeeded, 0), coalesce(e.cost_nusd, 0), coalesce(c.counts, '{}')
  FROM rows u
  LEFT JOIN classes c ON u.of_everybody AND c.date = u.date AND c.model_id = u.model_id
  LEFT JOIN ends e ON u.of_everybody AND e.date = u.date AND e.model_id = u.model_id
ON CONFLICT (date, model_id, coalesce(organization_id, '00000000-0000-0000-0000-000000000000'::uuid), coalesce(user_id, '00000000-0000-0000-0000-000000000000'::uuid))
DO UPDATE SET total_requests = EXCLUDED.total_requests, failed_requests = EXCLUDED.failed_requests, input_tokens = EXCLUDED.input_tokens, cache_read_tokens = EXCLUDED.cache_read_tokens,
  cache_write_tokens = EXCLUDED.cache_write_tokens, output_tokens = EXCLUDED.output_tokens, reasoning_tokens = EXCLUDED.reasoning_tokens, total_credits_micro = EXCLUDED.total_credits_micro,
  cost_nusd = EXCLUDED.cost_nusd, latency_ms_sum = EXCLUDED.latency_ms_sum, latency_ms_max = EXCLUDED.latency_ms_max, ttft_ms_sum = EXCLUDED.ttft_ms_sum, tasks = EXCLUDED.tasks,
  tasks_succeeded = EXCLUDED.tasks_succeeded, tasks_cost_nusd = EXCLUDED.tasks_cost_nusd, latency_classes = EXCLUDED.latency_classes
 WHERE (s.total_requests, s.failed_requests, s.cost_nusd, s.total_credits_micro, s.tasks, s.tasks_succeeded, s.tasks_cost_nusd, s.input_tokens, s.output_tokens)
       IS DISTINCT FROM (EXCLUDED.total_requests, EXCLUDED.failed_requests, EXCLUDED.cost_nusd, EXCLUDED.total_credits_micro, EXCLUDED.tasks, EXCLUDED.tasks_succeeded, EXCLUDED.tasks_cost_nusd,
       EXCLUDED.input_tokens, EXCLUDED.output_tokens)
RETURNING id`;

const FIGURES = `
SELECT s.model_id, sum(s.total_requests)::integer AS calls, sum(s.failed_requests)::integer AS failed_calls, sum(s.tasks)::integer AS tasks, sum(s.tasks_succeeded)::integer AS succeeded,
       sum(s.tasks_cost_nusd)::bigint AS cost_nusd,
       (SELECT array_agg(n ORDER BY class) FROM (SELECT c.class, sum(c.n)::integer AS n FROM model_usage_stats d, unnest(d.latency_classes) WITH ORDINALITY AS c(n, class)
         WHERE d.model_id = s.model_id AND d.organization_id IS NULL AND d.date > now()::date - $1::integer GROUP BY c.class) x) AS classes
  FROM model_usage_stats s WHERE s.organization_id IS NULL AND s.date > now()::date - $1::integer GROUP BY s.model_id`;

/** `$1` organization, `$2` model, `$3` hours for late rows. */
const USED = `
WITH over AS (SELECT least(coalesce((SELECT max(date) FROM model_usage_stats WHERE model_id = $2), '-infinity'::date), (now() - make_interval(hours => $3::integer))::date) AS day)
SELECT coalesce(sum(calls), 0)::integer AS calls, coalesce(sum(input_tokens), 0)::bigint AS input_tokens, coalesce(sum(output_tokens), 0)::bigint AS output_tokens,
       coalesce(sum(cost_nusd), 0)::bigint AS cost_nusd, coalesce(sum(credits_micro), 0)::bigint AS credits_micro
  FROM (SELECT s.total_requests AS calls, s.input_tokens, s.output_tokens, s.cost_nusd, s.total_credits_micro AS credits_micro FROM model_usage_stats s, over
         WHERE s.organization_id = $1 AND s.user_id IS NULL AND s.model_id = $2 AND s.date > now()::date - 30 AND s.date < over.day
         UNION ALL
        SELECT 1, l.input_tokens, l.output_tokens, l.cost_nusd, l.credits_micro FROM api_key_usage_logs l, over
         WHERE l.organization_id = $1 AND l.model_id = $2 AND l.created_at >= greatest(over.day, now()::date - 29) AND l.purpose NOT IN ('model_test', 'key_test')) u`;
