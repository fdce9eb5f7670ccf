import { CreditAccountStore, Entitlements } from '@app/billing';
import type { NewTask, Tx } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { KeyChoice, type KeyQuestion } from './models/key-choice';

/** Whether an organization may begin work: by its plan, and by its credits. The real check of credits is the hold before each model call. */
@Injectable()
export class TaskAdmission {
  constructor(
    private readonly entitlements: Entitlements,
    private readonly accounts: CreditAccountStore,
    private readonly keys: KeyChoice,
  ) {}

  /** Each candidate is a task, too. @throws {AppError} plan_limit_tasks_per_day */
  assertOneMoreToday(tx: Tx, { organizationId, candidates }: Pick<NewTask, 'organizationId' | 'candidates'>): Promise<void> {
    return this.entitlements.assertTaskToday(tx, organizationId, 1 + (candidates ?? 0));
  }

  /** A task on a key of the organization's own needs no credits. @throws {AppError} insufficient_credits */
  async assertCanAfford(tx: Tx, task: KeyQuestion, estimateMicro: bigint | null = null): Promise<void> {
    if (!(await this.keys.isOwn(tx, task))) await this.accounts.assertCanAfford(tx, task.organizationId, estimateMicro);
  }
}
