import { AppConfig } from '@app/common';
import type { ModelInUse } from '@app/agent';
import type { CatalogModel, OpenApiKey } from '@app/domain';
import { builtWireOf, createProvider, TimedProvider, type BuiltApiStyle, type ProviderConnection } from '@app/providers';
import { Injectable } from '@nestjs/common';
import { AttemptFailure } from './attempt-failure';
import { OwnKeys } from './own-keys';
import { RefusalWatchProvider } from './refusal-watch.provider';

/** A model that can be called, and the customer's key that pays for it; null: the platform's credential. */
export interface OpenedModel {
  readonly inUse: ModelInUse;
  readonly ownKey: OpenApiKey | null;
}

/** Who wants which model, and with what key. */
export interface ModelWish {
  readonly organizationId: string;
  /** The key that the task names; null: the platform's credential, or where that has none, the organization's own. */
  readonly apiKeyId: string | null;
  readonly model: CatalogModel & { readonly providerModelId: string };
}

/** Turns a model of the catalog into one that can be called: with the key that the task names, the platform's credential, or the organization's own key. */
@Injectable()
export class ModelAccess {
  constructor(
    private readonly config: AppConfig,
    private readonly ownKeys: OwnKeys,
  ) {}

  /** @throws {AttemptFailure} provider_auth, provider_unavailable */
  async open({ organizationId, apiKeyId, model }: ModelWish): Promise<OpenedModel> {
    const wire = builtWireOf(model.apiStyle);
    if (wire === null) throw new AttemptFailure('provider_unavailable', `${model.name} is reached over a wire that is not built.`);
    const platform = apiKeyId === null ? this.config.models.platformAccess(model.provider) : null;
    const ownKey = platform === null ? await this.ownKeys.open({ organizationId, apiKeyId, provider: model.provider }) : null;
    if (platform === null && ownKey === null) throw new AttemptFailure('provider_auth', `Neither this deployment nor your organization has a key for ${model.provider}.`);
    const connection = ownKey ? this.ownConnection(wire, ownKey) : platform && { apiStyle: wire, name: model.provider, ...platform };
    if (connection === null) throw new AttemptFailure('provider_auth', `The key for ${model.provider} has no address.`);
    const called = createProvider(connection);
    const provider = new TimedProvider(ownKey ? new RefusalWatchProvider(called, (words) => this.ownKeys.markRefused(ownKey, words)) : called);
    return { ownKey, inUse: { provider, model: model.providerModelId, capabilities: { ...model.capabilities }, contextWindow: model.contextWindow, maxOutputTokens: model.maxOutputTokens } };
  }

  /** A key goes to the address that it was saved for, through the safe fetch; without one, to where this deployment reaches the vendor. */
  private ownConnection(wire: BuiltApiStyle, { provider, baseUrl, secret: key }: OpenApiKey): ProviderConnection | null {
    if (baseUrl !== null) return { apiStyle: wire, name: provider, baseUrl, key, fetch: this.ownKeys.fetch };
    const vendorUrl = this.config.models.vendorUrl(provider);
    return vendorUrl === null ? null : { apiStyle: wire, name: provider, baseUrl: vendorUrl, key };
  }
}
