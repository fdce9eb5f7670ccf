import { ProbeBudgets, reportedUsage, usageOutcome, UsageStore } from '@app/billing';
import { ApiKeyStore, type OpenApiKey, recordAudit, type Tx } from '@app/domain';
import { Injectable } from '@nestjs/common';
import type { Principal } from '../auth/principal';
import type { Probed } from './key-probe';
import { probeError, verdictOf } from './probe-words';

/** Whose credential a probe used: a saved key, one that was only typed in, or the platform's. */
export type ProbePayer = { readonly apiKeyId: string } | 'given' | 'platform';

/** Keeps what probes showed: a usage row of each, for which nobody is charged, and what they say about a saved key. */
@Injectable()
export class ProbeLog {
  constructor(
    private readonly usage: UsageStore,
    private readonly keys: ApiKeyStore,
    private readonly budgets: ProbeBudgets,
  ) {}

  /** Before a probe. @throws {AppError} budget_exhausted */
  assertRoom(tx: Tx, { organizationId, userId }: Principal, payer: ProbePayer): Promise<void> {
    return this.budgets.assertRoom(tx, { organizationId, userId, apiKeyId: keyOf(payer) });
  }

  async record(tx: Tx, { organizationId, userId }: Principal, purpose: 'model_test' | 'key_test', { probed, payer }: { probed: Probed; payer: ProbePayer }): Promise<void> {
    const { provider, providerModelId, model, priceId, nanoUsd, result } = probed;
    const error = probeError(probed.vendor, result);
    await this.budgets.count(tx, { organizationId, userId, apiKeyId: keyOf(payer) }, nanoUsd ?? 0n);
    await this.usage.record(tx, {
      organizationId, userId, apiKeyId: keyOf(payer), taskId: null, attemptId: null, callSeq: 0, purpose, provider, providerModelId, modelId: model?.id ?? null,
      priceId, costNusd: nanoUsd ?? 0n, creditsMicro: 0n, outcome: usageOutcome(result.error?.kind ?? 'ok'), errorCode: error?.kind ?? null, errorMessage: error?.message ?? null,
      providerRequestId: result.requestId, latencyMs: result.latencyMs, ttftMs: result.ttftMs, metadata: payer === 'given' ? { credential: 'given' } : {}, ...reportedUsage(result.usage),
    });
  }

  /** Writes what a probe proved about a saved key. */
  async judge(tx: Tx, key: OpenApiKey, probed: Probed): Promise<void> {
    const verdict = verdictOf(probed.vendor, probed.result);
    if (!(await this.keys.recordVerdict(tx, key, verdict))) return;
    await recordAudit(tx, { organizationId: key.organizationId, action: 'api_key.tested', targetType: 'api_key', targetId: key.id, changes: { status: verdict.status, lastError: verdict.error } });
  }
}

function keyOf(payer: ProbePayer): string | null {
  return typeof payer === 'object' ? payer.apiKeyId : null;
}
