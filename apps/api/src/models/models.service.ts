import { AppConfig, isId, notFound } from '@app/common';
import { AgentInstallStore, AiModelStore, ModelUsageStore, UnitOfWork, type AgentInstall, type CatalogModel, type ModelFacts } from '@app/domain';
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
    private readonly installs: AgentInstallStore,
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

  /** What the workers found of a command-line agent; null: none has it. */
  installOf({ provider }: Pick<CatalogModel, 'provider'>): Promise<AgentInstall | null> {
    return this.installs.lookUp(this.work.reader, provider);
  }

  /** Why the organization cannot use a model now; null when it can. */
  private unavailableReason(model: ModelFacts | CatalogModel): UnavailableReason | null {
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
