import { UnitOfWork, type Tx } from '@app/domain';
import { BudgetStore } from '../budgets/budget.store';
import { CreditAccountStore } from '../credits/credit-account.store';
import { CreditHoldStore } from '../credits/credit-hold.store';
import { CreditLedger, type HoldResult, type NewGrant } from '../credits/credit-ledger';
import { CreditLotStore } from '../credits/credit-lot.store';
import { PaidCredits } from '../credits/paid-credits';
import { PaymentLotStore } from '../credits/payment-lot.store';
import { ReversedCredits } from '../credits/reversed-credits';
import { SpendingCapStore } from '../credits/spending-cap.store';
import { Entitlements } from '../plans/entitlements';
import { FreePlan } from '../plans/free-plan';
import { reconcile, type Unexplained } from '../reconcile';
import { UsageStore } from '../usage/usage.store';

type Database = ConstructorParameters<typeof UnitOfWork>[0];

/** The ledger and what is around it, put together as the apps do. */
export class BillingHouse {
  readonly work: UnitOfWork;
  readonly accounts = new CreditAccountStore();
  readonly ledger = new CreditLedger(new CreditHoldStore(), new CreditLotStore(), new SpendingCapStore());
  readonly paid = new PaidCredits(this.ledger, new PaymentLotStore());
  readonly reversed = new ReversedCredits(new CreditLotStore(), new PaymentLotStore());
  readonly budgets = new BudgetStore();
  readonly entitlements = new Entitlements();
  readonly freePlan = new FreePlan(this.ledger);
  readonly usage = new UsageStore();

  constructor(readonly db: Database) {
    this.work = new UnitOfWork(db);
  }

  /** A hold in a transaction of its own, on the platform's key. */
  hold(call: { organizationId: string; taskId: string; attemptId: string }, callSeq: number, amountMicro: bigint): Promise<HoldResult> {
    return this.work.run((tx) => this.ledger.hold(tx, { ...call, callSeq, amountMicro, costNusd: amountMicro * 10n, priceId: null, apiKeyId: null }));
  }

  bonus(tx: Tx, organizationId: string, amountMicro: bigint, values: Partial<NewGrant> & { key: string }): Promise<boolean> {
    return this.ledger.grant(tx, { organizationId, amountMicro, type: 'bonus', source: 'bonus', category: 'promotional', ...values });
  }

  /** Every sum of the ledger that does not add up. */
  unexplained(): Promise<Unexplained[]> {
    return this.work.run(reconcile);
  }
}
