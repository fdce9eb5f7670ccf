import { sqlRows, type Tx } from '@app/domain';
import { Injectable } from '@nestjs/common';

export const USAGE_GROUPS = ['day', 'model', 'user', 'repository'] as const;
export type UsageGroup = (typeof USAGE_GROUPS)[number];

/** Which calls: of an organization, from `from` on, before `to`. */
export interface UsagePeriod {
  readonly organizationId: string;
  readonly from: Date;
  readonly to: Date;
}

/** What calls of a group came to. `key` and `label`: the day; or id and name, null where it is not known any more. */
export interface UsageSum {
  readonly key: string | null;
  readonly label: string | null;
  readonly calls: number;
  readonly tasks: number;
  readonly inputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  readonly outputTokens: number;
  readonly reasoningTokens: number;
  readonly creditsMicro: bigint;
  readonly costNusd: bigint;
}

const SUMS = `count(*)::integer AS calls, count(DISTINCT l.task_id)::integer AS tasks, coalesce(sum(l.input_tokens), 0)::float8 AS input_tokens, coalesce(sum(l.cache_read_tokens), 0)::float8 AS cache_read_tokens,
  coalesce(sum(l.cache_write_short_tokens + l.cache_write_long_tokens), 0)::float8 AS cache_write_tokens, coalesce(sum(l.output_tokens), 0)::float8 AS output_tokens,
  coalesce(sum(l.reasoning_tokens), 0)::float8 AS reasoning_tokens, coalesce(sum(l.credits_micro), 0)::bigint AS credits_micro, coalesce(sum(l.cost_nusd), 0)::bigint AS cost_nusd`;
const OF_PERIOD = 'WHERE l.organization_id = $1 AND l.created_at >= $2 AND l.created_at < $3';

/** By what a report is grouped, and where its names stand. */
const GROUPS: Readonly<Record<UsageGroup, { readonly key: string; readonly label: string; readonly join: string; readonly order: string }>> = {
  day: { key: `(l.created_at AT TIME ZONE 'UTC')::date::text`, label: 'NULL::text', join: '', order: 'key' },
  model: { key: 'l.model_id::text', label: 'coalesce(max(m.name), max(l.provider_model_id))', join: 'LEFT JOIN ai_models m ON m.id = l.model_id', order: 'credits_micro DESC, cost_nusd DESC, key' },
  user: { key: 'l.user_id::text', label: 'max(u.username)', join: 'LEFT JOIN users u ON u.id = l.user_id', order: 'credits_micro DESC, cost_nusd DESC, key' },
  repository: {
    key: 't.repository_id::text', label: 'max(r.full_name)', join: 'LEFT JOIN tasks t ON t.id = l.task_id LEFT JOIN repositories r ON r.id = t.repository_id', order: 'credits_micro DESC, cost_nusd DESC, key',
  },
};

/** What model calls came to, by the usage rows themselves: the same rows that credits are charged by. */
@Injectable()
export class UsageReportStore {
  groups(manager: Tx, { organizationId, from, to }: UsagePeriod, by: UsageGroup, limit: number): Promise<UsageSum[]> {
    const { key, label, join, order } = GROUPS[by];
    return sqlRows<UsageSum>(
      manager,
      `SELECT ${key} AS key, ${label} AS label, ${SUMS} FROM api_key_usage_logs l ${join} ${OF_PERIOD} GROUP BY 1 ORDER BY ${order} LIMIT $4`,
      [organizationId, from, to, limit],
      ['creditsMicro', 'costNusd'],
    );
  }

  async total(manager: Tx, { organizationId, from, to }: UsagePeriod): Promise<UsageSum> {
    const [row] = await sqlRows<UsageSum>(manager, `SELECT NULL::text AS key, NULL::text AS label, ${SUMS} FROM api_key_usage_logs l ${OF_PERIOD}`, [organizationId, from, to], ['creditsMicro', 'costNusd']);
    if (!row) throw new Error('a sum has a row');
    return row;
  }
}
