import { notFound, usdFromNano } from '@app/common';
import { ApiKeyVault, UnitOfWork, type ApiKeyRow } from '@app/domain';
import { Injectable } from '@nestjs/common';
import type { Principal } from '../auth/principal';
import { providerTimeout } from './api-keys.errors';
import type { KeyTestResponse } from './dto/key-test.response';
import type { TestApiKeyDto } from './dto/test-api-key.dto';
import { KeyAdmission } from './key-admission';
import { KeyProbe, type Probed } from './key-probe';
import { ProbeLog } from './probe-log';
import { probeError } from './probe-words';

/** Tries keys at their providers. */
@Injectable()
export class KeyTests {
  constructor(
    private readonly vault: ApiKeyVault,
    private readonly admission: KeyAdmission,
    private readonly probe: KeyProbe,
    private readonly probes: ProbeLog,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** A key that is not saved. @throws {AppError} validation_failed, unsafe_url, provider_timeout */
  async given(principal: Principal, dto: TestApiKeyDto): Promise<KeyTestResponse> {
    const { credential } = await this.admission.check({ ...dto, secret: dto.keyValue });
    await this.unitOfWork.run((tx) => this.probes.assertRoom(tx, principal, 'given'));
    const probed = await this.probe.tryKey(principal.organizationId, credential);
    await this.unitOfWork.run((tx) => this.probes.record(tx, principal, 'key_test', { probed, payer: 'given' }));
    return answerOf(probed);
  }

  /** A saved key; its status follows. @throws {AppError} not_found, api_key_unreadable, unsafe_url, provider_timeout */
  async saved(principal: Principal, row: ApiKeyRow): Promise<KeyTestResponse> {
    const key = await this.vault.open(this.unitOfWork.reader, row);
    if (key === null) throw notFound();
    await this.unitOfWork.run((tx) => this.probes.assertRoom(tx, principal, { apiKeyId: key.id }));
    const probed = await this.probe.tryKey(principal.organizationId, key);
    await this.unitOfWork.run(async (tx) => {
      await this.probes.record(tx, principal, 'key_test', { probed, payer: { apiKeyId: key.id } });
      await this.probes.judge(tx, key, probed);
    });
    return answerOf(probed);
  }
}

function answerOf(probed: Probed): KeyTestResponse {
  const { result, vendor, model, nanoUsd } = probed;
  if (result.error?.kind === 'timeout') throw providerTimeout(vendor, result.latencyMs);
  const { ok: valid, latencyMs, ttftMs } = result;
  return { valid, latencyMs, ttftMs, model: model?.name ?? null, costUsd: nanoUsd === null ? null : usdFromNano(nanoUsd), error: probeError(vendor, result) };
}
