import { Logger } from '@app/common';
import { AttemptModelStore, UnitOfWork, type CatalogModel } from '@app/domain';
import type { ModelInUse } from '@app/agent';
import { Injectable } from '@nestjs/common';
import { AttemptFailure } from './attempt-failure';
import type { Briefing } from './briefing';
import type { CallPayer } from './journal/purse';
import { ModelAccess, type OpenedModel } from './model-access';

/** The first model of an attempt with those that stand in for it. */
export interface OpenedModels extends OpenedModel {
  /** Who pays, by the name of the model that is called. */
  readonly payers: ReadonlyMap<string, CallPayer>;
  /** Writes summaries in place of the first; null: that one does. */
  readonly summariser: ModelInUse | null;
  /** Texts of all keys of the customer's that calls may carry. */
  readonly secrets: readonly string[];
}

/** Opens the models of an attempt. */
@Injectable()
export class AttemptModels {
  constructor(
    private readonly access: ModelAccess,
    private readonly uow: UnitOfWork,
    private readonly choices: AttemptModelStore,
    private readonly logger: Logger,
  ) {}

  /**
   * The model that the attempt calls, with its credential, and its stand-ins as far as they can be opened; the attempt's row then says which model and key that are, and why.
   * @throws {AttemptFailure} provider_auth, provider_unavailable; {StopError} lease_lost
   */
  async open({ attempt, task, agent, model, standIns, summariser, routing }: Pick<Briefing, 'attempt' | 'task' | 'agent' | 'model' | 'standIns' | 'summariser' | 'routing'>): Promise<OpenedModels> {
    const { organizationId, apiKeyId } = task;
    const first = await this.access.open({ organizationId, apiKeyId, model });
    const opened = (await Promise.all(standIns.map((standIn) => this.standIn({ organizationId, apiKeyId, model: standIn })))).filter((one) => one !== null);
    // A key may have come or gone since the ranking: what the customer's own key pays for must not begin to cost credits.
    const others = opened.filter(({ ownKey }) => first.ownKey === null || ownKey !== null);
    await this.uow.run((tx) => this.choices.choose(tx, attempt, { modelId: agent?.modelId ?? model.id, apiKeyId: first.ownKey?.id ?? null, routing }));
    const small = summariser && (await this.standIn({ organizationId, apiKeyId, model: summariser }));
    const all = [first, ...others, ...(small ? [small] : [])];
    return {
      ...first,
      inUse: { ...first.inUse, fallbacks: others.map(({ inUse }) => inUse) },
      summariser: small?.inUse ?? null,
      payers: new Map(all.map(({ inUse, payer }) => [inUse.name ?? inUse.model, payer])),
      secrets: [...new Set(all.flatMap(({ ownKey }) => (ownKey ? [ownKey.secret.use((text) => text)] : [])))],
    };
  }

  /** Null: it cannot be opened now, which must not keep the first model from its work. */
  private async standIn(wish: { organizationId: string; apiKeyId: string | null; model: CatalogModel }): Promise<OpenedModel | null> {
    try {
      return await this.access.open(wish);
    } catch (error) {
      if (!(error instanceof AttemptFailure)) throw error;
      this.logger.named('models').warn('a model cannot stand in', { model: wish.model.name, err: error });
      return null;
    }
  }
}
