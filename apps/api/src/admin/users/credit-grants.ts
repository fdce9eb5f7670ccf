import { CreditAccountStore, CreditLedger } from '@app/billing';
import { creditsFromMicros, invalidField, newId, notFound } from '@app/common';
import { OrganizationMemberStore, recordAudit, UnitOfWork } from '@app/domain';
import { Injectable } from '@nestjs/common';
import type { IdempotentCall } from '../../http/idempotency/idempotent-call';
import { readCredits } from '@app/submission';
import type { GrantCreditsDto, GrantedCreditsResponse } from './account.dto';

/** Credits that the platform's staff gives, as `npm run credits:grant` does. */
@Injectable()
export class CreditGrants {
  constructor(
    private readonly ledger: CreditLedger,
    private readonly accounts: CreditAccountStore,
    private readonly members: OrganizationMemberStore,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** @throws {AppError} not_found: the user does not belong to the organization, or it is gone */
  grant(userId: string, dto: GrantCreditsDto, call: IdempotentCall): Promise<GrantedCreditsResponse> {
    const { organizationId, amount, reason } = dto;
    const amountMicro = readCredits(amount);
    if (amountMicro === null) throw invalidField('/amount', 'invalid_value', 'must be credits above 0');
    return this.unitOfWork.run(async (tx) => {
      if ((await this.members.roleOf(tx, { organizationId, userId })) === null) throw notFound();
      const key = `adjustment:${newId()}`;
      await this.ledger.grant(tx, { organizationId, userId, amountMicro, type: 'adjustment', source: 'adjustment', category: 'promotional', key, description: reason });
      await recordAudit(tx, { organizationId, action: 'credits.granted', targetType: 'organization', targetId: organizationId, changes: { userId, amount, reason } });
      const { availableMicro } = await this.accounts.balance(tx, organizationId);
      const shown = { organizationId, userId, amount, amountMicros: Number(amountMicro), reason, available: creditsFromMicros(availableMicro), availableMicros: Number(availableMicro) };
      await call.complete(tx, { status: 200, body: shown });
      return shown;
    });
  }
}
