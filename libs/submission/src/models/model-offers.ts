import { AppConfig } from '@app/common';
import { AiModelStore, type CatalogModel, type ModelFacts } from '@app/domain';
import { builtWireOf } from '@app/providers';
import { Injectable } from '@nestjs/common';
import type { UnavailableReason } from './unavailable-model';

const TIERS = ['free', 'pro', 'enterprise'];

/** A model that can be chosen, or why not. */
export interface ModelOnOffer extends ModelFacts {
  readonly unavailableReason: UnavailableReason | null;
}

/** The catalog as one organization may use it. */
@Injectable()
export class ModelOffers {
  constructor(
    private readonly models: AiModelStore,
    private readonly config: AppConfig,
  ) {}

  /** The catalog as far as a choice needs it. */
  async choices(organizationId: string): Promise<ModelOnOffer[]> {
    const models = await this.models.choices(organizationId);
    return models.map((model) => ({ ...model, unavailableReason: this.unavailableReason(model) }));
  }

  /** Why the organization cannot use a model now; null when it can. */
  unavailableReason(model: ModelFacts | CatalogModel): UnavailableReason | null {
    if (model.lifecycle === 'retired') return 'retired';
    // A command-line agent is found on the workers' machines; whose key pays is a matter of the model that it calls.
    const isAgent = model.apiStyle === 'cli';
    if (isAgent && model.isProviderDown) return 'not_installed';
    if (!model.hasOwnKey && this.config.models.platformAccess(model.keyProvider) === null) return 'no_key';
    if (!isAgent && builtWireOf(model.apiStyle) === null) return 'not_installed';
    if ('prices' in model ? model.prices.length === 0 : !model.hasPrice) return 'no_price';
    if (TIERS.indexOf(model.tier) < TIERS.indexOf(model.minTier)) return 'plan';
    return model.isProviderDown ? 'provider_down' : null;
  }
}
