import { BUDGET_EXHAUSTED, CreditAccountStore, CreditLedger, insufficientCredits, sayExhausted, UsageStore, type HoldRefusal, type Refusal } from '@app/billing';
import { AppError, notFound } from '@app/common';
import { AiModelPriceStore, AiModelStore, AttemptStore, type TaskView, type Tx } from '@app/domain';
import { creditsMicroForCost, worstCaseNanoUsd } from '@app/providers';
import { Injectable } from '@nestjs/common';

/** Reasons of a pause that only credits or a raised limit take away. */
const MONEY_REASONS: readonly (string | null)[] = ['out_of_credits', 'budget_exhausted'] satisfies HoldRefusal[];
/** The shortest answer that a worker pays for. */
const LEAST_ANSWER_TOKENS = 1_024;
/** No call has this number: the hold that is tried is never kept. */
const NO_CALL = 2_147_483_647;

interface LeastCall {
  readonly micro: bigint;
  readonly nusd: bigint;
}

/** Whether what paused a task still stands: whether the ledger would refuse the smallest call that can come next. */
@Injectable()
export class PauseReason {
  constructor(
    private readonly ledger: CreditLedger,
    private readonly accounts: CreditAccountStore,
    private readonly usage: UsageStore,
    private readonly attempts: AttemptStore,
    private readonly models: AiModelStore,
    private readonly prices: AiModelPriceStore,
  ) {}

  async stands(tx: Tx, task: TaskView, reason: string | null): Promise<boolean> {
    return MONEY_REASONS.includes(reason) && (await this.refusal(tx, task, await this.leastCall(tx, task))) !== null;
  }

  /** @throws {AppError} insufficient_credits, budget_exhausted */
  async assertGone(tx: Tx, task: TaskView, reason: string | null): Promise<void> {
    if (!MONEY_REASONS.includes(reason)) return;
    const least = await this.leastCall(tx, task);
    const refusal = await this.refusal(tx, task, least);
    if (refusal === null) return;
    if (refusal.limit) throw new AppError(BUDGET_EXHAUSTED, sayExhausted(refusal.limit));
    const { availableMicro, debtMicro } = await this.accounts.balance(tx, task.organizationId);
    throw insufficientCredits(least.micro, availableMicro, debtMicro);
  }

  private async refusal(tx: Tx, task: TaskView, least: LeastCall): Promise<Refusal | null> {
    const attempt = await this.attempts.findByNumber(tx, { organizationId: task.organizationId, taskId: task.id }, task.attemptNumber ?? 0);
    if (!attempt) throw notFound();
    // The key that the attempt used: on a customer's own, calls cost no credits.
    const { apiKeyId } = attempt;
    const amountMicro = apiKeyId === null ? least.micro : 0n;
    return this.ledger.refusedBy(tx, { organizationId: task.organizationId, taskId: task.id, attemptId: attempt.id, callSeq: NO_CALL, amountMicro, costNusd: least.nusd, priceId: null, apiKeyId });
  }

  /** A prompt holds all of the one before and its answer. */
  private async leastCall(tx: Tx, task: TaskView): Promise<LeastCall> {
    const modelId = task.aiModelId ?? '';
    const last = (await this.usage.listForTask(tx, task.organizationId, task.id)).findLast(({ inputTokens, cacheReadTokens }) => inputTokens + cacheReadTokens > 0);
    const promptTokens = last ? last.inputTokens + last.cacheReadTokens + last.cacheWriteShortTokens + last.cacheWriteLongTokens + last.outputTokens : 0;
    const set = (await this.prices.inForce(tx, { modelId })).map((row) => ({
      id: row.id, minPromptTokens: row.minPromptTokens, input: row.inputUmtok, output: row.outputUmtok, cacheRead: row.cacheReadUmtok,
      cacheWriteShort: row.cacheWriteShortUmtok, cacheWriteLong: row.cacheWriteLongUmtok,
    }));
    const nusd = worstCaseNanoUsd(promptTokens, LEAST_ANSWER_TOKENS, set);
    const { creditMultiplierBps } = await this.models.wireFacts(tx, modelId);
    return { nusd, micro: creditsMicroForCost(nusd, creditMultiplierBps) };
  }
}
