import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { sqlRows } from '../sql';
import type { AnalyticsPeriod } from './analytics-period';
import { LATENCY_CLASSES, latencyQuantile } from './latency-classes';
import { CELLS_AND_TAIL, SHOWN_SUMS, SUMMED, type UsageFigures } from './usage-analytics.store';

/** What an organization's calls of a model came to. */
export interface ModelPerformance extends UsageFigures {
  readonly modelId: string | null;
  readonly model: string | null;
  readonly provider: string | null;
  /** Of answered calls; null: none, or their time is not known. */
  readonly meanLatencyMs: number | null;
  /** Within 10 % from a quarter of a second to 12 minutes. */
  readonly p50LatencyMs: number | null;
  /** Within 10 % there, too. */
  readonly p95LatencyMs: number | null;
}

interface Row extends UsageFigures {
  readonly modelId: string | null;
  readonly model: string | null;
  readonly provider: string | null;
  readonly timedCalls: number;
  readonly latencyMsSum: number;
  readonly latencyMsMax: number;
  readonly classes: number[] | null;
  readonly counts: number[] | null;
}

/** How an organization's models do: calls, their success and their time. Probes of keys and models are no work, and are left out. */
@Injectable()
export class ModelAnalyticsStore {
  /** The models, at most `limit`, those that cost most first. */
  async models(manager: EntityManager, { organizationId, from, to }: AnalyticsPeriod, limit: number): Promise<ModelPerformance[]> {
    const rows = await sqlRows<Row>(manager, MODELS, [organizationId, from, to, limit], ['creditsMicro', 'costNusd']);
    return rows.map(({ timedCalls, latencyMsSum, latencyMsMax, classes, counts, ...row }) => {
      const byClass = new Array<number>(LATENCY_CLASSES).fill(0);
      for (const [index, one] of (classes ?? []).entries()) byClass[one - 1] = counts?.[index] ?? 0;
      const quantile = (share: number): number | null => latencyQuantile(byClass, share, latencyMsMax);
      return { ...row, meanLatencyMs: timedCalls === 0 ? null : Math.round(latencyMsSum / timedCalls), p50LatencyMs: quantile(0.5), p95LatencyMs: quantile(0.95) };
    });
  }
}

const WORK = `x.purpose NOT IN ('model_test', 'key_test')`;
const MODELS = `
WITH ${CELLS_AND_TAIL},
parts AS (
  SELECT model_id, ${SUMMED.join(', ')}, timed_calls, latency_ms_sum, latency_ms_max FROM cells x WHERE ${WORK}
   UNION ALL
  SELECT model_id, ${SUMMED.join(', ')}, (timed_ms IS NOT NULL)::integer, coalesce(timed_ms, 0), coalesce(timed_ms, 0) FROM tail x WHERE ${WORK}),
sums AS (
  SELECT model_id, ${SUMMED.map((column) => `sum(${column}) AS ${column}`).join(', ')}, sum(timed_calls)::float8 AS timed_calls, sum(latency_ms_sum)::float8 AS latency_ms_sum, max(latency_ms_max) AS latency_ms_max
    FROM parts GROUP BY model_id),
counts AS (
  SELECT model_id, count(DISTINCT task_id)::integer AS tasks
    FROM (SELECT x.model_id, m.task_id FROM cells x JOIN usage_stat_tasks m ON m.stat_id = x.id WHERE ${WORK} UNION ALL SELECT x.model_id, x.task_id FROM tail x WHERE ${WORK}) w GROUP BY model_id),
classes AS (
  SELECT model_id, array_agg(class ORDER BY class) AS classes, array_agg(n ORDER BY class) AS counts
    FROM (SELECT model_id, class::integer, sum(n)::float8 AS n
            FROM (SELECT x.model_id, c.class, c.n FROM cells x, unnest(x.latency_classes) WITH ORDINALITY AS c(n, class) WHERE ${WORK} AND c.n > 0
                   UNION ALL SELECT x.model_id, x.class, 1 FROM tail x WHERE ${WORK} AND x.class IS NOT NULL) v GROUP BY 1, 2) w GROUP BY model_id)
SELECT s.model_id, m.name AS model, m.provider, coalesce(c.tasks, 0) AS tasks, ${SHOWN_SUMS}, s.timed_calls, s.latency_ms_sum, s.latency_ms_max, k.classes, k.counts
  FROM sums s LEFT JOIN counts c ON c.model_id IS NOT DISTINCT FROM s.model_id LEFT JOIN classes k ON k.model_id IS NOT DISTINCT FROM s.model_id LEFT JOIN ai_models m ON m.id = s.model_id
 ORDER BY s.cost_nusd DESC, s.calls DESC, s.model_id LIMIT $4`;
