import { AppConfig } from '@app/common';
import type { ModelInUse } from '@app/agent';
import type { CatalogModel, OpenApiKey } from '@app/domain';
import { builtWireOf, Circuits, createProvider, TimedProvider, type BuiltApiStyle, type Circuit, type ProviderConnection } from '@app/providers';
import { Injectable } from '@nestjs/common';
import { ObservedProvider } from '../observing/observed.provider';
import { AttemptFailure } from './attempt-failure';
import type { CallPayer } from './journal/purse';
import { OwnKeys } from './own-keys';
import { RefusalWatchProvider } from './refusal-watch.provider';

/**
 * A model that can be called. Every call of `inUse.provider` costs somebody, and is metered by whoever makes it, through a `Purse`: `hold({callSeq, promptTokens, maxTokens, payer})`
 * before it, then the call, then `settle` with the usage that the provider reported, whatever became of the call.
 */
export interface OpenedModel {
  readonly inUse: ModelInUse;
  /** The customer's key that it is called with; null: the platform's credential. */
  readonly ownKey: OpenApiKey | null;
  /** At whose price its calls are held and settled: for `Purse`. */
  readonly payer: CallPayer;
}

/** Who wants which model, and with what key. */
export interface ModelWish {
  readonly organizationId: string;
  /** The key that the task names; null: the platform's credential, or where that has none, the organization's own. */
  readonly apiKeyId: string | null;
  readonly model: CatalogModel;
}

/** Credential of a circuit: the platform has one for each vendor. */
const PLATFORM = 'platform';

/** Turns a model of the catalog into one that can be called: with the key that the task names, the platform's credential, or the organization's own key. */
@Injectable()
export class ModelAccess {
  /** Of this process: each worker finds out for itself, within seconds. */
  private readonly circuits = new Circuits({ monotonicMs: () => performance.now() });

  constructor(
    private readonly config: AppConfig,
    private readonly ownKeys: OwnKeys,
  ) {}

  /** Whether the platform has a credential of its own for a vendor. */
  isPlatforms(provider: string): boolean {
    return this.config.models.platformAccess(provider) !== null;
  }

  /** @param apiKeyId id of the customer's key; null: the platform's credential */
  circuit(provider: string, apiKeyId: string | null): Circuit {
    return this.circuits.of(provider, apiKeyId ?? PLATFORM);
  }

  /** @throws {AttemptFailure} provider_auth, provider_unavailable */
  async open({ organizationId, apiKeyId, model }: ModelWish): Promise<OpenedModel> {
    const wire = builtWireOf(model.apiStyle);
    if (wire === null) throw new AttemptFailure('provider_unavailable', `${model.name} is reached over a wire that is not built.`);
    const platform = apiKeyId === null ? this.config.models.platformAccess(model.provider) : null;
    const ownKey = platform === null ? await this.ownKeys.open({ organizationId, apiKeyId, provider: model.provider }) : null;
    if (platform === null && ownKey === null) throw new AttemptFailure('provider_auth', `Neither this deployment nor your organization has a key for ${model.provider}.`);
    const connection = ownKey ? this.ownConnection(wire, ownKey) : platform && { apiStyle: wire, name: model.provider, ...platform };
    if (connection === null) throw new AttemptFailure('provider_auth', `The key for ${model.provider} has no address.`);
    return { ownKey, inUse: this.inUse(model, connection, ownKey), payer: payerOf(model, ownKey?.id ?? null) };
  }

  private inUse(model: CatalogModel, connection: ProviderConnection, ownKey: OpenApiKey | null): ModelInUse {
    const called = createProvider(connection);
    const watched = ownKey ? new RefusalWatchProvider(called, (words) => this.ownKeys.markRefused(ownKey, words)) : called;
    // Outside of the time limits, so that silence counts as the fault that it is.
    const provider = this.circuits.watch(new ObservedProvider(new TimedProvider(watched)), ownKey?.id ?? PLATFORM);
    return {
      provider, name: model.name, model: model.providerModelId, capabilities: { ...model.capabilities }, maxOutputTokens: model.maxOutputTokens,
      // Where a prompt has a limit of its own, that one is what a conversation must be kept within.
      contextWindow: Math.min(model.contextWindow, model.maxInputTokens ?? Infinity),
      circuit: this.circuit(model.provider, ownKey?.id ?? null),
    };
  }

  /** A key goes to the address that it was saved for, through the safe fetch; without one, to where this deployment reaches the vendor. */
  private ownConnection(wire: BuiltApiStyle, { provider, baseUrl, secret: key }: OpenApiKey): ProviderConnection | null {
    if (baseUrl !== null) return { apiStyle: wire, name: provider, baseUrl, key, fetch: this.ownKeys.fetch };
    const vendorUrl = this.config.models.vendorUrl(provider);
    return vendorUrl === null ? null : { apiStyle: wire, name: provider, baseUrl: vendorUrl, key };
  }
}

/** Who pays for calls of a model. @param apiKeyId the customer's own key; null: the platform's credential */
export function payerOf({ id, provider, providerModelId, creditMultiplierBps }: CatalogModel, apiKeyId: string | null): CallPayer {
  return { modelId: id, provider, providerModelId, multiplierBps: creditMultiplierBps, apiKeyId };
}
