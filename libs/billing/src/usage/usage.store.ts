import { newId } from '@app/common';
import { sqlChange, sqlRow, sqlRows, storableJson, storableText, type Tx } from '@app/domain';
import { Injectable } from '@nestjs/common';

/** One call of a provider, whatever became of it. */
export interface NewUsage {
  readonly organizationId: string;
  readonly userId: string | null;
  /** null: the platform's key. */
  readonly apiKeyId: string | null;
  readonly taskId: string | null;
  readonly attemptId: string | null;
  readonly callSeq: number;
  readonly purpose: 'agent' | 'title' | 'summary' | 'review' | 'model_test' | 'key_test';
  readonly provider: string;
  readonly providerModelId: string;
  readonly modelId: string | null;
  readonly priceId: string | null;
  readonly outcome: 'ok' | 'error' | 'rate_limited' | 'overloaded' | 'timeout' | 'aborted' | 'refused';
  readonly statusCode?: number | null;
  readonly providerRequestId?: string | null;
  readonly serviceTier?: string | null;
  /** Disjoint parts; reasoning is inside output. */
  readonly tokens: { readonly input: number; readonly cacheRead: number; readonly cacheWriteShort: number; readonly cacheWriteLong: number; readonly output: number; readonly reasoning: number };
  readonly isEstimated: boolean;
  readonly costNusd: bigint;
  /** What was charged: `Settlement.chargedMicro`. */
  readonly creditsMicro: bigint;
  readonly latencyMs: number | null;
  readonly ttftMs: number | null;
  readonly errorCode?: string | null;
  readonly errorMessage?: string | null;
  /** As the provider sent it. */
  readonly rawUsage: unknown;
  /** Anything else worth knowing about the call. */
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** One row of `GET /tasks/{id}/usage`. */
export interface UsageRow {
  readonly callSeq: number;
  readonly purpose: string;
  readonly provider: string;
  readonly providerModelId: string;
  readonly modelName: string | null;
  readonly outcome: string;
  readonly inputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteShortTokens: number;
  readonly cacheWriteLongTokens: number;
  readonly outputTokens: number;
  readonly reasoningTokens: number;
  readonly isEstimated: boolean;
  readonly costNusd: bigint;
  readonly creditsMicro: bigint;
  readonly priceId: string | null;
  readonly latencyMs: number | null;
  readonly createdAt: Date;
}

/** What each model call used and cost. */
@Injectable()
export class UsageStore {
  /** Writes the row, once per attempt and call, and adds it to the task's sums; false: it was written before. In the transaction that settles the call. */
  async record(tx: Tx, usage: NewUsage): Promise<boolean> {
    const { tokens } = usage;
    const row = await sqlRow(tx, INSERT_USAGE, [
      newId(), usage.organizationId, usage.userId, usage.apiKeyId, usage.taskId, usage.attemptId, usage.callSeq, usage.purpose, usage.provider, usage.providerModelId,
      usage.modelId, usage.priceId, usage.outcome, usage.statusCode ?? null, usage.providerRequestId ?? null, usage.serviceTier ?? null, tokens.input, tokens.cacheRead,
      tokens.cacheWriteShort, tokens.cacheWriteLong, tokens.output, Math.min(tokens.reasoning, tokens.output), usage.isEstimated, usage.costNusd, usage.creditsMicro,
      usage.latencyMs, usage.ttftMs, usage.errorCode ?? null, usage.errorMessage ? storableText(usage.errorMessage).slice(0, 2_000) : null,
      usage.rawUsage === null || usage.rawUsage === undefined ? null : storableJson(usage.rawUsage), storableJson(usage.metadata ?? {}),
    ]);
    if (!row) return false;
    if (usage.taskId !== null) await this.addToTask(tx, usage.taskId, usage);
    if (usage.apiKeyId !== null) await sqlChange(tx, 'UPDATE api_keys SET usage_count = usage_count + 1, last_used_at = now() WHERE id = $1', [usage.apiKeyId]);
    return true;
  }

  /** The calls of a task, in order. */
  listForTask(manager: Tx, organizationId: string, taskId: string): Promise<UsageRow[]> {
    return sqlRows<UsageRow>(
      manager,
      `SELECT l.call_seq, l.purpose, l.provider, l.provider_model_id, m.name AS model_name, l.outcome, l.input_tokens::float8, l.cache_read_tokens::float8,
              l.cache_write_short_tokens::float8, l.cache_write_long_tokens::float8, l.output_tokens::float8, l.reasoning_tokens::float8, l.is_estimated, l.cost_nusd,
              l.credits_micro, l.price_id, l.latency_ms, l.created_at
         FROM api_key_usage_logs l LEFT JOIN ai_models m ON m.id = l.model_id WHERE l.task_id = $2 AND l.organization_id = $1 ORDER BY l.created_at, l.id`,
      [organizationId, taskId],
      ['costNusd', 'creditsMicro'],
    );
  }

  private async addToTask(tx: Tx, taskId: string, { tokens, costNusd }: NewUsage): Promise<void> {
    await sqlChange(
      tx,
      `UPDATE task_counters SET model_calls = model_calls + 1, cost_nusd = cost_nusd + $2, input_tokens = input_tokens + $3, cache_read_tokens = cache_read_tokens + $4,
              cache_write_tokens = cache_write_tokens + $5, output_tokens = output_tokens + $6, reasoning_tokens = reasoning_tokens + $7 WHERE task_id = $1`,
      [taskId, costNusd, tokens.input, tokens.cacheRead, tokens.cacheWriteShort + tokens.cacheWriteLong, tokens.output, Math.min(tokens.reasoning, tokens.output)],
    );
  }
}

const INSERT_USAGE = `
INSERT INTO api_key_usage_logs (id, organization_id, user_id, api_key_id, task_id, attempt_id, call_seq, purpose, provider, provider_model_id, model_id, price_id, outcome, status_code,
  provider_request_id, service_tier, input_tokens, cache_read_tokens, cache_write_short_tokens, cache_write_long_tokens, output_tokens, reasoning_tokens, is_estimated, cost_nusd,
  credits_micro, latency_ms, ttft_ms, error_code, error_message, raw_usage, metadata)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31)
ON CONFLICT (attempt_id, call_seq) WHERE attempt_id IS NOT NULL DO NOTHING RETURNING id`;
