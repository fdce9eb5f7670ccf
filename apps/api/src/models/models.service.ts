import { isId, notFound } from '@app/common';
import { AgentInstallStore, AiModelStore, ModelUsageStore, UnitOfWork, type AgentInstall, type CatalogModel } from '@app/domain';
import { ModelOffers, type UnavailableReason } from '@app/submission';
import { Injectable } from '@nestjs/common';
import type { ModelQuery } from './dto/model-query.dto';
import { ModelDetailsResponse, ModelResponse, ModelUsageResponse } from './dto/model.response';

@Injectable()
export class ModelsService {
  constructor(
    private readonly models: AiModelStore,
    private readonly usage: ModelUsageStore,
    private readonly work: UnitOfWork,
    private readonly offers: ModelOffers,
    private readonly installs: AgentInstallStore,
  ) {}

  async list(organizationId: string, query: ModelQuery): Promise<ModelResponse[]> {
    const models = await this.models.catalog(organizationId, { provider: query.provider, mode: query.mode });
    const shown = models.map((model) => ModelResponse.from(model, this.offers.unavailableReason(model)));
    return query.available === undefined ? shown : shown.filter((model) => model.available === query.available);
  }

  async get(organizationId: string, idOrName: string): Promise<ModelDetailsResponse> {
    const found = await this.find(organizationId, idOrName);
    if (!found) throw notFound();
    const usage = await this.usage.forOrganization(this.work.reader, organizationId, found.model.id);
    return { ...ModelResponse.from(found.model, found.reason), usage30d: ModelUsageResponse.from(usage) };
  }

  /** A model of the catalog, with why it cannot be used now; null: there is none of this name or id. */
  async find(organizationId: string, idOrName: string): Promise<{ model: CatalogModel; reason: UnavailableReason | null } | null> {
    const [model] = await this.models.catalog(organizationId, { idOrName: isId(idOrName) ? { id: idOrName } : { name: idOrName } });
    return model ? { model, reason: this.offers.unavailableReason(model) } : null;
  }

  /** What the workers found of a command-line agent; null: none has it. */
  installOf({ provider }: Pick<CatalogModel, 'provider'>): Promise<AgentInstall | null> {
    return this.installs.lookUp(this.work.reader, provider);
  }
}
