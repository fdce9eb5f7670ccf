import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { sqlRow, sqlRows } from '../sql';

export interface KeyUsageQuestion {
  readonly organizationId: string;
  /** Absent: all keys of the organization. */
  readonly apiKeyId?: string;
  /** The last so many days by UTC, today included. */
  readonly days: number;
}

export interface KeyUsageTotals {
  readonly requests: number;
  readonly successful: number;
  readonly tokens: number;
  readonly costNusd: bigint;
  /** Of calls whose time is known; null without any. */
  readonly averageLatencyMs: number | null;
}

/** A day without calls is there too. */
export interface KeyUsageDay extends Omit<KeyUsageTotals, 'averageLatencyMs'> {
  /** 'YYYY-MM-DD', UTC. */
  readonly date: string;
}

export interface KeyUsageModel extends Omit<KeyUsageTotals, 'averageLatencyMs'> {
  readonly provider: string;
  readonly model: string;
}

const TOKENS = 'coalesce(sum(l.input_tokens + l.cache_read_tokens + l.cache_write_short_tokens + l.cache_write_long_tokens + l.output_tokens), 0)::float8 AS tokens';
const SUMS = `count(l.id)::integer AS requests, count(l.id) FILTER (WHERE l.outcome = 'ok')::integer AS successful, ${TOKENS}, coalesce(sum(l.cost_nusd), 0)::bigint AS cost_nusd`;
const FIRST_DAY = `(date_trunc('day', now() AT TIME ZONE 'UTC') - make_interval(days => $3 - 1))`;
/** `$1` organization, `$2` key or null, `$3` days. Only calls on keys of customers. */
const ROWS = `l.organization_id = $1 AND l.api_key_id IS NOT NULL AND ($2::uuid IS NULL OR l.api_key_id = $2) AND l.created_at >= ${FIRST_DAY} AT TIME ZONE 'UTC'`;
const MOST_MODELS = 50;

/** What was done with customers' own keys, from the rows of calls. Deleted keys count on. */
@Injectable()
export class ApiKeyUsageStore {
  async totals(manager: EntityManager, question: KeyUsageQuestion): Promise<KeyUsageTotals> {
    const row = await sqlRow<KeyUsageTotals>(manager, `SELECT ${SUMS}, round(avg(l.latency_ms))::integer AS average_latency_ms FROM api_key_usage_logs l WHERE ${ROWS}`, parameters(question), ['costNusd']);
    return row ?? { requests: 0, successful: 0, tokens: 0, costNusd: 0n, averageLatencyMs: null };
  }

  /** One row per day, by rising date. */
  daily(manager: EntityManager, question: KeyUsageQuestion): Promise<KeyUsageDay[]> {
    return sqlRows<KeyUsageDay>(
      manager,
      `SELECT day::date::text AS date, ${SUMS} FROM generate_series(${FIRST_DAY}, date_trunc('day', now() AT TIME ZONE 'UTC'), interval '1 day') day
         LEFT JOIN api_key_usage_logs l ON (l.created_at AT TIME ZONE 'UTC')::date = day::date AND ${ROWS} GROUP BY day ORDER BY day`,
      parameters(question),
      ['costNusd'],
    );
  }

  /** The models that were used, most requests first. */
  byModel(manager: EntityManager, question: KeyUsageQuestion): Promise<KeyUsageModel[]> {
    return sqlRows<KeyUsageModel>(
      manager,
      `SELECT l.provider, coalesce(m.name, l.provider_model_id) AS model, ${SUMS} FROM api_key_usage_logs l LEFT JOIN ai_models m ON m.id = l.model_id
        WHERE ${ROWS} GROUP BY 1, 2 ORDER BY requests DESC, 1, 2 LIMIT ${MOST_MODELS}`,
      parameters(question),
      ['costNusd'],
    );
  }
}

function parameters({ organizationId, apiKeyId, days }: KeyUsageQuestion): unknown[] {
  return [organizationId, apiKeyId ?? null, days];
}
