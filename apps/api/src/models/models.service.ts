import { AppConfig, isId, notFound } from '@app/common';
import { AiModelStore, ModelUsageStore, UnitOfWork, type CatalogModel, type ModelFacts } from '@app/domain';
import { builtWireOf } from '@app/providers';
import { Injectable } from '@nestjs/common';
import type { ModelQuery } from './dto/model-query.dto';
import { ModelDetailsResponse, ModelResponse, ModelUsageResponse, type UnavailableReason } from './dto/model.response';

const TIERS = ['free', 'pro', 'enterprise'];

/** A model that can be chosen, or why not. */
export interface ModelOnOffer extends ModelFacts {
  readonly unavailableReason: UnavailableReason | null;
}

@Injectable()
export class ModelsService {
  constructor(
    private readonly models: AiModelStore,
    private readonly usage: ModelUsageStore,
    private readonly work: UnitOfWork,
    private readonly config: AppConfig,
  ) {}

  async list(organizationId: string, query: ModelQuery): Promise<ModelResponse[]> {
    const models = await this.models.catalog(organizationId, { provider: query.provider, mode: query.mode });
    const shown = models.map((model) => ModelResponse.from(model, this.unavailableReason(model)));
    return query.available === undefined ? shown : shown.filter((model) => model.available === query.available);
  }

  async get(organizationId: string, idOrName: string): Promise<ModelDetailsResponse> {
    const found = await this.find(organizationId, idOrName);
    if (!found) throw notFound();
    const usage = await this.usage.forOrganization(this.work.reader, organizationId, found.model.id);
    return { ...ModelResponse.from(found.model, found.reason), usage30d: ModelUsageResponse.from(usage) };
  }

  /** The catalog as far as a choice needs it. */
  async choices(organizationId: string): Promise<ModelOnOffer[]> {
    const models = await this.models.choices(organizationId);
    return models.map((model) => ({ ...model, unavailableReason: this.unavailableReason(model) }));
  }

  /** A model of the catalog, with why it cannot be used now; null: there is none of this name or id. */
  async find(organizationId: string, idOrName: string): Promise<{ model: CatalogModel; reason: UnavailableReason | null } | null> {
    const [model] = await this.models.catalog(organizationId, { idOrName: isId(idOrName) ? { id: idOrName } : { name: idOrName } });
    return model ? { model, reason: this.unavailableReason(model) } : null;
  }

  /** Why the organization cannot use a model now; null when it can. */
  private unavailableReason(model: ModelFacts | CatalogModel): UnavailableReason | null {
    if (model.lifecycle === 'retired') return 'retired';
    // Command-line agents are found on the worker's machine, which this process does not see; none is offered yet.
    if (model.apiStyle === 'cli') return 'not_installed';
    if (!model.hasOwnKey && this.config.models.platformAccess(model.provider) === null) return 'no_key';
    if (builtWireOf(model.apiStyle) === null) return 'not_installed';
    if ('prices' in model ? model.prices.length === 0 : !model.hasPrice) return 'no_price';
    if (TIERS.indexOf(model.tier) < TIERS.indexOf(model.minTier)) return 'plan';
    return model.isProviderDown ? 'provider_down' : null;
  }
}
