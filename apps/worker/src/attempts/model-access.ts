import { AppConfig } from '@app/common';
import type { ModelInUse } from '@app/agent';
import type { CatalogModel } from '@app/domain';
import { createProvider, isBuiltApiStyle, TimedProvider, type BuiltApiStyle } from '@app/providers';
import { Injectable } from '@nestjs/common';
import { AttemptFailure } from './attempt-failure';

/** OpenAI's models are reached over Chat Completions, which serves them too. */
function wireOf(apiStyle: CatalogModel['apiStyle']): BuiltApiStyle | null {
  if (apiStyle === 'openai_responses') return 'openai_chat';
  return isBuiltApiStyle(apiStyle) ? apiStyle : null;
}

/** Turns a model of the catalog into one that can be called with the platform's credential. */
@Injectable()
export class ModelAccess {
  constructor(private readonly config: AppConfig) {}

  /** @throws {AttemptFailure} provider_auth, provider_unavailable */
  open(model: CatalogModel & { readonly providerModelId: string }): ModelInUse {
    const wire = wireOf(model.apiStyle);
    if (wire === null) throw new AttemptFailure('provider_unavailable', `${model.name} is reached over a wire that is not built.`);
    const access = this.config.models.platformAccess(model.provider);
    if (access === null) throw new AttemptFailure('provider_auth', `This deployment has no key for ${model.provider}.`);
    const provider = new TimedProvider(createProvider({ apiStyle: wire, name: model.provider, baseUrl: access.baseUrl, key: access.key }));
    return { provider, model: model.providerModelId, capabilities: { ...model.capabilities }, contextWindow: model.contextWindow, maxOutputTokens: model.maxOutputTokens };
  }
}
