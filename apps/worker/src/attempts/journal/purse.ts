import { priceSetOf, reportedUsage, usageOutcome, type CreditLedger, type HoldRefusal, type NewUsage, type UsageStore } from '@app/billing';
import type { AiModelPriceStore, AttemptLease, AttemptStore, Tx, UnitOfWork } from '@app/domain';
import { costOfCall, creditsMicroForCost, worstCaseNanoUsd, type ModelErrorKind, type PriceRow, type Usage } from '@app/providers';

/** A smaller answer is not worth a call: the task is paused instead. */
const LEAST_ANSWER_TOKENS = 1_024;

/** Whose money a call costs, and at which model's price. */
export interface PurseOwner {
  readonly lease: AttemptLease;
  readonly organizationId: string;
  readonly userId: string;
  readonly modelId: string;
  readonly provider: string;
  readonly providerModelId: string;
  /** Margin in basis points; 10,000 = cost. */
  readonly multiplierBps: number;
  /** The customer's own key that pays for the calls: they cost no credits; null: the platform's. */
  readonly apiKeyId: string | null;
}

export interface PurseParts {
  readonly uow: UnitOfWork;
  readonly attempts: AttemptStore;
  readonly ledger: CreditLedger;
  readonly usage: UsageStore;
  readonly prices: AiModelPriceStore;
}

export interface HeldCall {
  readonly maxTokens: number;
  readonly heldMicro: bigint;
}

export type Held<Recorded> = ({ readonly ok: true; readonly recorded: Recorded } & HeldCall) | { readonly ok: false; readonly reason: HoldRefusal };

/** What became of a call. `usage` is what the vendor reported, null when it reported nothing. */
export interface CallOutcome {
  readonly callSeq: number;
  readonly outcome: 'ok' | ModelErrorKind;
  readonly usage: Usage | null;
  readonly responseId: string | null;
  readonly latencyMs: number;
  readonly ttftMs: number | null;
  readonly error: string | null;
}

export interface Charged {
  readonly creditsMicro: bigint;
  readonly nanoUsd: bigint;
  readonly priceId: string | null;
}

/** Reserves credits before each model call and settles them after, at the price set that was in force when the hold was taken. */
export class Purse {
  private readonly priceSets = new Map<number, readonly PriceRow[]>();

  constructor(
    private readonly parts: PurseParts,
    private readonly owner: PurseOwner,
  ) {}

  /**
   * Holds the worst case of a call in the transaction that records the request (`record`, after the fence). When credits or a cap cover
   * less, the answer is made shorter, down to 1,024 tokens.
   * @throws {StopError} lease_lost
   */
  async hold<Recorded>(call: { callSeq: number; promptTokens: number; maxTokens: number }, record: (tx: Tx, held: HeldCall) => Promise<Recorded>): Promise<Held<Recorded>> {
    let refused: HoldRefusal = 'out_of_credits';
    for (let maxTokens = call.maxTokens; ; maxTokens = Math.floor(maxTokens / 2)) {
      const answer = await this.parts.uow.run(async (tx): Promise<Held<Recorded>> => {
        await this.parts.attempts.fence(tx, this.owner.lease);
        return this.tryHold(tx, { ...call, maxTokens }, record);
      });
      if (answer.ok) return answer;
      refused = answer.reason;
      if (maxTokens / 2 < Math.min(LEAST_ANSWER_TOKENS, call.maxTokens)) return { ok: false, reason: refused };
    }
  }

  /** Writes the usage row and charges the call; after the fence. A call whose hold was closed before charges nothing more. */
  async settle(tx: Tx, call: CallOutcome): Promise<Charged> {
    const { usage } = call;
    const set = await this.priceSet(tx, call.callSeq);
    const cost = usage ? costOfCall(usage, set) : null;
    const nanoUsd = cost?.nanoUsd ?? 0n;
    const { chargedMicro } = await this.parts.ledger.settle(tx, { attemptId: this.owner.lease.attemptId, callSeq: call.callSeq }, { micro: this.creditsFor(nanoUsd), nusd: nanoUsd });
    const priceId = cost?.price.id ?? null;
    await this.parts.usage.record(tx, this.usageRow(call, { creditsMicro: chargedMicro, nanoUsd, priceId }));
    this.priceSets.delete(call.callSeq);
    return { creditsMicro: chargedMicro, nanoUsd, priceId };
  }

  private async tryHold<Recorded>(tx: Tx, call: { callSeq: number; promptTokens: number; maxTokens: number }, record: (tx: Tx, held: HeldCall) => Promise<Recorded>): Promise<Held<Recorded>> {
    const set = await this.pricesInForce(tx);
    this.priceSets.set(call.callSeq, set);
    const costNusd = worstCaseNanoUsd(call.promptTokens, call.maxTokens, set);
    const heldMicro = this.creditsFor(costNusd);
    const { lease, organizationId, apiKeyId } = this.owner;
    const priceId = set.findLast((price) => price.minPromptTokens <= call.promptTokens)?.id ?? null;
    const held = await this.parts.ledger.hold(tx, { organizationId, taskId: lease.taskId, attemptId: lease.attemptId, callSeq: call.callSeq, amountMicro: heldMicro, costNusd, priceId, apiKeyId });
    if (!held.granted) return { ok: false, reason: held.reason };
    return { ok: true, maxTokens: call.maxTokens, heldMicro, recorded: await record(tx, { maxTokens: call.maxTokens, heldMicro }) };
  }

  private creditsFor(nanoUsd: bigint): bigint {
    return this.owner.apiKeyId === null ? creditsMicroForCost(nanoUsd, this.owner.multiplierBps) : 0n;
  }

  /** The set the hold was taken at; read again only by a process that did not take it. */
  private async priceSet(tx: Tx, callSeq: number): Promise<readonly PriceRow[]> {
    return this.priceSets.get(callSeq) ?? this.pricesInForce(tx);
  }

  private async pricesInForce(tx: Tx): Promise<readonly PriceRow[]> {
    const rows = await this.parts.prices.inForce(tx, { modelId: this.owner.modelId });
    if (rows.length === 0) throw new Error(`model ${this.owner.providerModelId} has no price in force`);
    return priceSetOf(rows);
  }

  private usageRow(call: CallOutcome, charged: Charged): NewUsage {
    const { lease, organizationId, userId, apiKeyId, modelId, provider, providerModelId } = this.owner;
    return {
      organizationId, userId, apiKeyId, taskId: lease.taskId, attemptId: lease.attemptId, callSeq: call.callSeq, purpose: 'agent', provider, providerModelId, modelId,
      priceId: charged.priceId, costNusd: charged.nanoUsd, creditsMicro: charged.creditsMicro,
      outcome: usageOutcome(call.outcome), errorCode: call.outcome === 'ok' ? null : call.outcome, errorMessage: call.error, providerRequestId: call.responseId,
      latencyMs: Math.round(call.latencyMs), ttftMs: call.ttftMs === null ? null : Math.round(call.ttftMs),
      ...reportedUsage(call.usage),
    };
  }
}
