import { isId } from '@app/common';
import { MODEL_UNAVAILABLE, type ApiKeyRow, type TaskMode } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { KeyChoice } from './key-choice';
import { ModelOffers, type ModelOnOffer } from './model-offers';
import { refusedModel, unavailableModel, unknownModel } from './unavailable-model';

export interface ChosenModel {
  readonly aiModelId: string;
  /** The word the caller used. */
  readonly requestedModel: string;
}

export interface ModelWish {
  /** `auto`, or a model's name or id. */
  readonly requested: string;
  readonly mode: TaskMode;
  /** The organization's own key that the calls shall use. */
  readonly key: ApiKeyRow | null;
}

/** Turns what a caller calls a model into one that can be used now. */
@Injectable()
export class ModelChoice {
  constructor(
    private readonly models: ModelOffers,
    private readonly keys: KeyChoice,
  ) {}

  /**
   * `auto`: the default model if it can be used, else the catalog's first that can. With a key of the organization's own, only models of its provider.
   * @throws {AppError} invalid_model, model_unavailable, plan_limit_model; validation_failed at /apiKeyId
   */
  async choose(organizationId: string, wish: ModelWish): Promise<ChosenModel> {
    const { requested, key } = wish;
    const catalog = await this.models.choices(organizationId);
    const model = requested === 'auto' ? automatic(catalog, wish) : named(catalog, wish);
    if (key) this.keys.requireProvider(key, model);
    return { aiModelId: model.id, requestedModel: requested };
  }
}

function automatic(catalog: ModelOnOffer[], { mode, key }: ModelWish): ModelOnOffer {
  // An agent of somebody else is used by those who name it.
  const usable = catalog.filter((model) => model.apiStyle !== 'cli' && model.unavailableReason === null && model.modes.includes(mode) && (!key || model.provider === key.provider));
  const model = usable.find(({ isDefault }) => isDefault) ?? usable[0];
  if (!model) throw refusedModel(MODEL_UNAVAILABLE, key ? `no model of ${key.provider} can be used now` : 'no model can be used now: no provider has a key here, or your plan includes none');
  return model;
}

function named(catalog: ModelOnOffer[], { requested, mode }: ModelWish): ModelOnOffer {
  const model = catalog.find(({ id, name }) => (isId(requested) ? id === requested.toLowerCase() : name === requested));
  if (!model) throw unknownModel(requested);
  if (model.unavailableReason !== null) throw unavailableModel(model.name, model.unavailableReason);
  if (!model.modes.includes(mode)) throw refusedModel(MODEL_UNAVAILABLE, `${model.name} does not do tasks in mode ${mode}`);
  return model;
}
