import { AppError } from '@app/common';
import type { Tx } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { BUDGET_EXHAUSTED } from '../credits/credits.errors';
import { SpendingCapStore } from '../credits/spending-cap.store';
import { sayExhausted } from './spending-limit';

/** Who tests a model or a key, and with which saved key; null: the platform's, or one that is not saved. */
export interface Prober {
  readonly organizationId: string;
  readonly userId: string;
  readonly apiKeyId: string | null;
}

/** More than any test costs: a short prompt and 16 tokens of the dearest model. */
const MOST_NUSD = 2_000_000n;

/** Tests of models and keys have no task, so no hold; nobody is charged for them, but their cost counts in budgets that measure cost. */
@Injectable()
export class ProbeBudgets {
  constructor(private readonly caps: SpendingCapStore) {}

  /** Before the test: nothing is made that a budget has no room for. @throws {AppError} budget_exhausted, naming it */
  async assertRoom(tx: Tx, prober: Prober): Promise<void> {
    for (const budget of await this.budgetsOf(tx, prober)) {
      const limit = await this.caps.withoutRoom(tx, budget, MOST_NUSD);
      if (limit) throw new AppError(BUDGET_EXHAUSTED, sayExhausted(limit).replace('model call', 'test'));
    }
  }

  /** After it, in the transaction of its usage row. */
  async count(tx: Tx, prober: Prober, nusd: bigint): Promise<void> {
    if (nusd > 0n) for (const budget of await this.budgetsOf(tx, prober)) await this.caps.addWithoutHold(tx, budget, nusd);
  }

  private async budgetsOf(tx: Tx, { organizationId, userId, apiKeyId }: Prober) {
    const budgets = await this.caps.budgetsFor(tx, { organizationId, userId, repositoryId: null, automationId: null }, apiKeyId);
    return budgets.filter(([, , measure]) => measure === 'cost');
  }
}
