import { AppConfig, isId, notFound } from '@app/common';
import { AiModelStore, type CatalogModel } from '@app/domain';
import { Injectable } from '@nestjs/common';
import type { ModelQuery } from './dto/model-query.dto';
import { ModelDetailsResponse, ModelResponse, ModelUsageResponse, type UnavailableReason } from './dto/model.response';

const TIERS = ['free', 'pro', 'enterprise'];

@Injectable()
export class ModelsService {
  constructor(
    private readonly models: AiModelStore,
    private readonly config: AppConfig,
  ) {}

  async list(organizationId: string, query: ModelQuery): Promise<ModelResponse[]> {
    const models = await this.models.catalog(organizationId, { provider: query.provider, mode: query.mode });
    const shown = models.map((model) => ModelResponse.from(model, this.unavailableReason(model)));
    return query.available === undefined ? shown : shown.filter((model) => model.available === query.available);
  }

  async get(organizationId: string, idOrName: string): Promise<ModelDetailsResponse> {
    const [model] = await this.models.catalog(organizationId, { idOrName: isId(idOrName) ? { id: idOrName } : { name: idOrName } });
    if (!model) throw notFound();
    const usage = await this.models.usageForOrganization(organizationId, model.id);
    return { ...ModelResponse.from(model, this.unavailableReason(model)), usage30d: ModelUsageResponse.from(usage) };
  }

  /** Why the organization cannot use a model now; null when it can. */
  private unavailableReason(model: CatalogModel): UnavailableReason | null {
    if (model.lifecycle === 'retired') return 'retired';
    // Command-line agents are found on the worker's machine, which this process does not see; none is offered yet.
    if (model.apiStyle === 'cli') return 'not_installed';
    if (!model.hasOwnKey && this.config.models.platformAccess(model.provider) === null) return 'no_key';
    if (model.prices.length === 0) return 'no_price';
    if (TIERS.indexOf(model.tier) < TIERS.indexOf(model.minTier)) return 'plan';
    return model.isProviderDown ? 'provider_down' : null;
  }
}
