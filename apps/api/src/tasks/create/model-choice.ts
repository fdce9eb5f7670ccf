import { AppError, isId } from '@app/common';
import { INVALID_MODEL, MODEL_UNAVAILABLE, type TaskMode } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { PLAN_LIMIT_MODEL } from '@app/billing';
import { ModelsService } from '../../models/models.service';
import type { ModelResponse, UnavailableReason } from '../../models/dto/model.response';

export interface ChosenModel {
  readonly aiModelId: string;
  /** The word the caller used. */
  readonly requestedModel: string;
}

const WHY: Readonly<Record<UnavailableReason, string>> = {
  no_key: 'its provider has no key here',
  no_price: 'it has no price yet',
  plan: 'your plan does not include it',
  provider_down: 'its provider does not answer',
  retired: 'it was retired',
  not_installed: 'it is not installed',
};

/** Turns what a caller calls a model into one that can be used now. */
@Injectable()
export class ModelChoice {
  constructor(private readonly models: ModelsService) {}

  /**
   * `auto`: the default model if it can be used, else the catalog's first that can.
   * @throws {AppError} invalid_model, model_unavailable, plan_limit_model
   */
  async choose(organizationId: string, requested: string, mode: TaskMode): Promise<ChosenModel> {
    const catalog = await this.models.list(organizationId, {});
    const model = requested === 'auto' ? automatic(catalog, mode) : named(catalog, requested, mode);
    return { aiModelId: model.id, requestedModel: requested };
  }
}

function automatic(catalog: ModelResponse[], mode: TaskMode): ModelResponse {
  const usable = catalog.filter((model) => model.available && model.modes.includes(mode));
  const model = usable.find(({ isDefault }) => isDefault) ?? usable[0];
  if (!model) throw refused(MODEL_UNAVAILABLE, 'no model can be used now: no provider has a key here, or your plan includes none');
  return model;
}

function named(catalog: ModelResponse[], requested: string, mode: TaskMode): ModelResponse {
  const model = catalog.find(({ id, name }) => (isId(requested) ? id === requested.toLowerCase() : name === requested));
  if (!model) throw refused(INVALID_MODEL, `there is no model ${JSON.stringify(requested)}; GET /models lists them`);
  if (model.unavailableReason === 'plan') throw refused(PLAN_LIMIT_MODEL, `${model.name}: ${WHY.plan}`);
  if (model.unavailableReason !== null) throw refused(MODEL_UNAVAILABLE, `${model.name} cannot be used now: ${WHY[model.unavailableReason]}`);
  if (!model.modes.includes(mode)) throw refused(MODEL_UNAVAILABLE, `${model.name} does not do tasks in mode ${mode}`);
  return model;
}

function refused(kind: typeof INVALID_MODEL, detail: string): AppError {
  return new AppError(kind, detail, { errors: [{ pointer: '/model', code: kind.code, detail }] });
}
