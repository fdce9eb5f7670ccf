import { priceSetOf } from '@app/billing';
import { AppConfig, createSafeFetch, type SafeFetch, type Secret } from '@app/common';
import { AiModelPriceStore, AiModelStore, ApiKeyProviderStore, UnitOfWork, type CatalogModel } from '@app/domain';
import { builtWireOf, costOfCall, createProvider, probe, probeKey, PROBE_MS, type ProbeResult } from '@app/providers';
import { Injectable } from '@nestjs/common';

/** A key, and the only address it may be sent to; null: where this deployment reaches the vendor. */
export interface Credential {
  readonly provider: string;
  readonly secret: Secret;
  readonly baseUrl: string | null;
}

/** What came of one tiny call. */
export interface Probed {
  readonly provider: string;
  /** The provider's name for people. */
  readonly vendor: string;
  readonly model: Pick<CatalogModel, 'id' | 'name'> | null;
  readonly providerModelId: string;
  readonly result: ProbeResult;
  /** Null: the vendor did not say what was used. */
  readonly nanoUsd: bigint | null;
  readonly priceId: string | null;
}

/** Where and with what a call is made. */
export interface Reach {
  readonly baseUrl: string;
  readonly key: Secret;
  readonly fetch?: SafeFetch;
}

/** The models are listed, and none is called. */
const NO_MODEL = 'none';
const LARGEST_ANSWER = 1_048_576;

/** Tiny real calls that show whether a key works, or a model. */
@Injectable()
export class KeyProbe {
  readonly allowLoopback: boolean;
  /** For addresses that users gave. */
  private readonly fetch: SafeFetch;

  constructor(
    private readonly models: AiModelStore,
    private readonly prices: AiModelPriceStore,
    private readonly providers: ApiKeyProviderStore,
    private readonly unitOfWork: UnitOfWork,
    private readonly config: AppConfig,
  ) {
    this.allowLoopback = !config.core.isProduction;
    this.fetch = createSafeFetch({ allowLoopback: this.allowLoopback, timeoutMs: PROBE_MS + 1_000, maxBytes: LARGEST_ANSWER });
  }

  /** Where the key may be used; null: nobody said. */
  reach({ provider, secret, baseUrl }: Credential): Reach | null {
    if (baseUrl !== null) return { baseUrl, key: secret, fetch: this.fetch };
    const vendorUrl = this.config.models.vendorUrl(provider);
    return vendorUrl === null ? null : { baseUrl: vendorUrl, key: secret };
  }

  /** Calls the provider's cheapest model with the key; where no model can be called, lists its models. @throws {AppError} unsafe_url */
  async tryKey(organizationId: string, credential: Credential): Promise<Probed> {
    const reach = this.reach(credential);
    if (reach === null) throw new Error(`nobody said where keys of ${credential.provider} are used`);
    const callable = (await this.models.catalog(organizationId, { provider: credential.provider })).filter((model) => builtWireOf(model.apiStyle) !== null && model.lifecycle !== 'retired');
    const [cheapest] = callable.sort((a, b) => (outputPrice(a) < outputPrice(b) ? -1 : 1));
    return cheapest ? this.tryModel(cheapest, reach) : this.list(credential.provider, reach);
  }

  /** One call of at most 16 output tokens. @throws {AppError} unsafe_url */
  async tryModel(model: CatalogModel, reach: Reach): Promise<Probed> {
    const wire = builtWireOf(model.apiStyle);
    if (wire === null) throw new Error(`${model.name} is reached over a wire that is not built`);
    const { providerModelId } = await this.models.wireFacts(this.unitOfWork.reader, model.id);
    const provider = createProvider({ apiStyle: wire, name: model.provider, ...reach });
    const result = await probe(provider, providerModelId, { capabilities: { ...model.capabilities } });
    const { nanoUsd, priceId } = await this.cost(model.id, result);
    return { provider: model.provider, vendor: await this.vendorOf(model.provider), model, providerModelId, result, nanoUsd, priceId };
  }

  private async list(provider: string, { baseUrl, key, fetch }: Reach): Promise<Probed> {
    const row = await this.providers.find(this.unitOfWork.reader, provider);
    const auth = { type: row?.authType ?? 'bearer', name: row?.authName ?? null } as const;
    const result = await probeKey({ name: provider, baseUrl, path: row?.testEndpoint ?? '/models', auth, key, ...(fetch ? { fetch } : {}) });
    return { provider, vendor: row?.displayName ?? provider, model: null, providerModelId: NO_MODEL, result, nanoUsd: 0n, priceId: null };
  }

  /** A call without an answer costs nothing, unless the vendor reported use. */
  private async cost(modelId: string, { ok, usage }: ProbeResult): Promise<Pick<Probed, 'nanoUsd' | 'priceId'>> {
    const set = usage === null ? [] : priceSetOf(await this.prices.inForce(this.unitOfWork.reader, { modelId }));
    if (usage === null || set.length === 0) return { nanoUsd: ok ? null : 0n, priceId: null };
    const { nanoUsd, price } = costOfCall(usage, set);
    return { nanoUsd, priceId: price.id };
  }

  private async vendorOf(provider: string): Promise<string> {
    return (await this.providers.find(this.unitOfWork.reader, provider))?.displayName ?? provider;
  }
}

/** A model without a price comes last. */
function outputPrice({ prices }: CatalogModel): bigint {
  return prices[0]?.outputUmtok ?? BigInt(Number.MAX_SAFE_INTEGER);
}
