import { invalidField } from '@app/common';
import { UnitOfWork, type CatalogModel, type OpenApiKey } from '@app/domain';
import { KeyChoice, unavailableModel, unknownModel } from '@app/submission';
import { Injectable } from '@nestjs/common';
import { providerTimeout } from '../api-keys/api-keys.errors';
import { KeyAdmission } from '../api-keys/key-admission';
import { KeyProbe, type Probed, type Reach } from '../api-keys/key-probe';
import { ProbeLog, type ProbePayer } from '../api-keys/probe-log';
import type { Principal } from '../auth/principal';
import { ModelTestResponse } from './dto/model-test.response';
import type { TestModelDto } from './dto/test-model.dto';
import { ModelsService } from './models.service';

interface Tried {
  readonly probed: Probed;
  /** Null: no model was called. */
  readonly payer: ProbePayer | null;
  readonly ownKey: OpenApiKey | null;
}

/** POST /models/test: one tiny real call. */
@Injectable()
export class ModelTest {
  constructor(
    private readonly models: ModelsService,
    private readonly choice: KeyChoice,
    private readonly admission: KeyAdmission,
    private readonly probe: KeyProbe,
    private readonly log: ProbeLog,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** @throws {AppError} validation_failed, invalid_model, model_unavailable, plan_limit_model, not_found (apiKeyId), api_key_unreadable, unsafe_url, provider_timeout */
  async run(principal: Principal, dto: TestModelDto): Promise<ModelTestResponse> {
    const { probed, payer, ownKey } = dto.model === undefined ? await this.givenKey(principal, dto) : await this.model(principal, dto, dto.model);
    await this.unitOfWork.run(async (tx) => {
      if (payer) await this.log.record(tx, principal, 'model_test', { probed, payer });
      if (ownKey && (probed.result.ok || probed.result.error?.kind === 'auth')) await this.log.judge(tx, ownKey, probed);
    });
    if (probed.result.error?.kind === 'timeout') throw providerTimeout(probed.vendor, probed.result.latencyMs);
    return ModelTestResponse.from(probed, ownKey?.id ?? null);
  }

  private async givenKey(principal: Principal, { provider, keyValue, baseUrl, apiKeyId }: TestModelDto): Promise<Tried> {
    if (apiKeyId) throw invalidField('/apiKeyId', 'not_allowed', 'apiKeyId goes with model');
    if (provider === undefined) throw invalidField('/model', 'required', 'send a model, or provider and keyValue');
    if (keyValue === undefined) throw invalidField('/keyValue', 'required', 'keyValue is required with provider');
    const { credential } = await this.admission.check({ provider, baseUrl, secret: keyValue });
    await this.assertRoom(principal, 'given');
    return { probed: await this.probe.tryKey(principal.organizationId, credential), payer: 'given', ownKey: null };
  }

  private async model(principal: Principal, dto: TestModelDto, idOrName: string): Promise<Tried> {
    for (const field of ['provider', 'keyValue', 'baseUrl'] as const) if (dto[field]) throw invalidField(`/${field}`, 'not_allowed', `${field} does not go with model; name a saved key with apiKeyId`);
    const named = dto.apiKeyId ? await this.choice.named(principal.organizationId, dto.apiKeyId) : null;
    const found = await this.models.find(principal.organizationId, idOrName);
    if (!found) throw unknownModel(idOrName);
    const { model, reason } = found;
    if (named) this.choice.requireProvider(named, model);
    // Whether a provider answers again is what a test is for; a call without a price is not charged here.
    if (reason !== null && reason !== 'provider_down' && reason !== 'no_price') throw unavailableModel(model.name, reason);
    if (model.apiStyle === 'cli') return this.agent(model);
    const platform = named ? null : this.choice.platformAccess(model.provider);
    if (platform) {
      await this.assertRoom(principal, 'platform');
      return { probed: await this.probe.tryModel(model, platform), payer: 'platform', ownKey: null };
    }
    return this.onOwnKey(principal, model, await this.choice.open(principal.organizationId, model.provider, named));
  }

  /** A command-line agent is tested by the workers, which have it: they ask it for its version every few minutes. */
  private async agent(model: CatalogModel): Promise<Tried> {
    const install = await this.models.installOf(model);
    if (install === null) throw unavailableModel(model.name, 'not_installed');
    const result = { ok: true, latencyMs: install.latencyMs, ttftMs: null, model: model.name, requestId: install.version, usage: null, error: null };
    return { probed: { provider: model.provider, vendor: model.displayName, model, providerModelId: model.providerModelId, result, nanoUsd: null, priceId: null }, payer: null, ownKey: null };
  }

  private assertRoom(principal: Principal, payer: ProbePayer): Promise<void> {
    return this.unitOfWork.run((tx) => this.log.assertRoom(tx, principal, payer));
  }

  private async onOwnKey(principal: Principal, model: CatalogModel, key: OpenApiKey | null): Promise<Tried> {
    const reach: Reach | null = key && this.probe.reach(key);
    if (key === null || reach === null) throw unavailableModel(model.name, 'no_key');
    await this.assertRoom(principal, { apiKeyId: key.id });
    return { probed: await this.probe.tryModel(model, reach), payer: { apiKeyId: key.id }, ownKey: key };
  }
}
