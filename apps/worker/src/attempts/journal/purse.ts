import { priceSetOf, reportedUsage, usageOutcome, type CreditLedger, type NewUsage, type Refusal, type SpendingAlert, type UsageStore } from '@app/billing';
import type { AiModelPriceStore, AttemptLease, AttemptStore, Tx, UnitOfWork } from '@app/domain';
import { costOfCall, creditsMicroForCost, flatPrice, worstCaseNanoUsd, type ModelErrorKind, type PriceRow, type Usage } from '@app/providers';

/** A smaller answer is not worth a call: the task is paused instead. */
const LEAST_ANSWER_TOKENS = 1_024;

const DEAREST = flatPrice(10_000_000n, 50_000_000n);

/** At which model's price a call is held and settled, and who pays the vendor. */
export interface CallPayer {
  readonly modelId: string;
  readonly provider: string;
  readonly providerModelId: string;
  /** Margin in basis points; 10,000 = cost. */
  readonly multiplierBps: number;
  /** The customer's own key that pays for the calls: they cost no credits; null: the platform's. */
  readonly apiKeyId: string | null;
}

/** Whose money calls cost, and the payer of those that name none. */
export interface PurseOwner extends CallPayer {
  readonly lease: AttemptLease;
  readonly organizationId: string;
  readonly userId: string;
}

/** A call that wants its hold. */
export interface WantedHold {
  readonly callSeq: number;
  readonly promptTokens: number;
  readonly maxTokens: number;
  /** Absent: the owner's. */
  readonly payer?: CallPayer;
}

export interface PurseParts {
  readonly uow: UnitOfWork;
  readonly attempts: AttemptStore;
  readonly ledger: CreditLedger;
  readonly usage: UsageStore;
  readonly prices: AiModelPriceStore;
  /** What a call is priced at when its model has lost its price since the task began: never nothing. Absent: the dearest rate we know. */
  readonly fallbackPrices?: readonly PriceRow[];
}

export interface HeldCall {
  readonly maxTokens: number;
  readonly heldMicro: bigint;
}

export type Held<Recorded> = ({ readonly ok: true; readonly recorded: Recorded } & HeldCall) | ({ readonly ok: false } & Refusal);

/** What became of a call. `usage` is what the vendor reported, null when it reported nothing. */
export interface CallOutcome {
  readonly callSeq: number;
  readonly outcome: 'ok' | ModelErrorKind;
  readonly usage: Usage | null;
  readonly responseId: string | null;
  readonly latencyMs: number;
  readonly ttftMs: number | null;
  readonly error: string | null;
  /** Absent: the agent's work. */
  readonly purpose?: NewUsage['purpose'];
}

export interface Charged {
  readonly creditsMicro: bigint;
  readonly nanoUsd: bigint;
  readonly priceId: string | null;
  /** Thresholds of caps and budgets that this charge passed. */
  readonly alerts: readonly SpendingAlert[];
}

interface OpenHold {
  readonly payer: CallPayer;
  readonly set: readonly PriceRow[];
}

/**
 * Meters calls. Each one: `hold` before it (the worst case, by the prices of the model that is called, in the transaction that records the request), then the call, then `settle`
 * (usage row, and the real cost at the price set that was in force when the hold was taken). Calls of one attempt are numbered from 1 by whoever makes them.
 */
export class Purse {
  private readonly open = new Map<number, OpenHold>();

  constructor(
    private readonly parts: PurseParts,
    private readonly owner: PurseOwner,
  ) {}

  /**
   * Holds the worst case of a call in the transaction that records the request (`record`, after the fence). When credits or a cap cover
   * less, the answer is made shorter, down to 1,024 tokens.
   * @throws {StopError} lease_lost
   */
  async hold<Recorded>(call: WantedHold, record: (tx: Tx, held: HeldCall) => Promise<Recorded>): Promise<Held<Recorded>> {
    for (let maxTokens = call.maxTokens; ; maxTokens = Math.floor(maxTokens / 2)) {
      const answer = await this.parts.uow.run(async (tx): Promise<Held<Recorded>> => {
        await this.parts.attempts.fence(tx, this.owner.lease);
        return this.tryHold(tx, { ...call, maxTokens }, record);
      });
      if (answer.ok) return answer;
      if (maxTokens / 2 < Math.min(LEAST_ANSWER_TOKENS, call.maxTokens)) return answer;
    }
  }

  /** Tells the organization that a call did not fit under a budget; in the transaction that records that. */
  async tellRefusal(tx: Tx, { limit }: Refusal): Promise<void> {
    if (limit) await this.parts.ledger.announceExhausted(tx, this.owner.organizationId, limit);
  }

  /** Writes the usage row and charges the call; after the fence. A call whose hold was closed before charges nothing more. */
  async settle(tx: Tx, call: CallOutcome): Promise<Charged> {
    const { usage } = call;
    const { payer, set } = await this.heldAt(tx, call.callSeq);
    const cost = usage ? costOfCall(usage, set) : null;
    const nanoUsd = cost?.nanoUsd ?? 0n;
    const credits = creditsFor(nanoUsd, payer);
    const { chargedMicro, alerts } = await this.parts.ledger.settle(tx, { attemptId: this.owner.lease.attemptId, callSeq: call.callSeq }, { micro: credits, nusd: nanoUsd });
    const priceId = cost?.price.id ?? null;
    await this.parts.usage.record(tx, this.usageRow(call, payer, { creditsMicro: chargedMicro, nanoUsd, priceId }));
    this.open.delete(call.callSeq);
    return { creditsMicro: chargedMicro, nanoUsd, priceId, alerts };
  }

  private async tryHold<Recorded>(tx: Tx, call: WantedHold, record: (tx: Tx, held: HeldCall) => Promise<Recorded>): Promise<Held<Recorded>> {
    const { callSeq, maxTokens, promptTokens, payer = this.owner } = call;
    const set = await this.pricesInForce(tx, payer);
    this.open.set(callSeq, { payer, set });
    const costNusd = worstCaseNanoUsd(promptTokens, maxTokens, set);
    const heldMicro = creditsFor(costNusd, payer);
    const { lease, organizationId } = this.owner;
    const priceId = set.findLast((price) => price.minPromptTokens <= promptTokens)?.id ?? null;
    const held = await this.parts.ledger.hold(tx, { organizationId, taskId: lease.taskId, attemptId: lease.attemptId, callSeq, amountMicro: heldMicro, costNusd, priceId, apiKeyId: payer.apiKeyId });
    if (!held.granted) return { ok: false, reason: held.reason, ...(held.limit && { limit: held.limit }) };
    return { ok: true, maxTokens, heldMicro, recorded: await record(tx, { maxTokens, heldMicro }) };
  }

  /** Payer and prices that the hold was taken at; read again only by a process that did not take it. */
  private async heldAt(tx: Tx, callSeq: number): Promise<OpenHold> {
    return this.open.get(callSeq) ?? { payer: this.owner, set: await this.pricesInForce(tx, this.owner) };
  }

  private async pricesInForce(tx: Tx, { modelId }: CallPayer): Promise<readonly PriceRow[]> {
    const rows = await this.parts.prices.inForce(tx, { modelId });
    return rows.length === 0 ? (this.parts.fallbackPrices ?? DEAREST) : priceSetOf(rows);
  }

  private usageRow(call: CallOutcome, payer: CallPayer, charged: Omit<Charged, 'alerts'>): NewUsage {
    const { lease, organizationId, userId } = this.owner;
    const { apiKeyId, modelId, provider, providerModelId } = payer;
    return {
      organizationId, userId, apiKeyId, taskId: lease.taskId, attemptId: lease.attemptId, callSeq: call.callSeq, purpose: call.purpose ?? 'agent', provider, providerModelId, modelId,
      priceId: charged.priceId, costNusd: charged.nanoUsd, creditsMicro: charged.creditsMicro,
      outcome: usageOutcome(call.outcome), errorCode: call.outcome === 'ok' ? null : call.outcome, errorMessage: call.error, providerRequestId: call.responseId,
      latencyMs: Math.round(call.latencyMs), ttftMs: call.ttftMs === null ? null : Math.round(call.ttftMs),
      // A cost without a price row: the configured fallback rate.
      metadata: call.usage !== null && charged.priceId === null ? { fallbackPrice: true } : {},
      ...reportedUsage(call.usage),
    };
  }
}

function creditsFor(nanoUsd: bigint, { apiKeyId, multiplierBps }: CallPayer): bigint {
  return apiKeyId === null ? creditsMicroForCost(nanoUsd, multiplierBps) : 0n;
}
