import { CreditAccountStore, Entitlements } from '@app/billing';
import type { Tx } from '@app/domain';
import { Injectable } from '@nestjs/common';

/** Whether an organization may begin work: by its plan, and by its credits. The real check of credits is the hold before each model call. */
@Injectable()
export class TaskAdmission {
  constructor(
    private readonly entitlements: Entitlements,
    private readonly accounts: CreditAccountStore,
  ) {}

  /** @throws {AppError} plan_limit_tasks_per_day */
  assertOneMoreToday(tx: Tx, organizationId: string): Promise<void> {
    return this.entitlements.assertTaskToday(tx, organizationId);
  }

  /** @throws {AppError} insufficient_credits */
  assertCanAfford(tx: Tx, organizationId: string, estimateMicro: bigint | null = null): Promise<void> {
    return this.accounts.assertCanAfford(tx, organizationId, estimateMicro);
  }
}
