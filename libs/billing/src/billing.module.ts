import { Module } from '@nestjs/common';
import { BudgetStore } from './budgets/budget.store';
import { ProbeBudgets } from './budgets/probe-budgets';
import { CreditAccountStore } from './credits/credit-account.store';
import { CreditHoldStore } from './credits/credit-hold.store';
import { CreditLedger } from './credits/credit-ledger';
import { CreditLotStore } from './credits/credit-lot.store';
import { PaidCredits } from './credits/paid-credits';
import { PaymentLotStore } from './credits/payment-lot.store';
import { ReversedCredits } from './credits/reversed-credits';
import { SpendingCapStore } from './credits/spending-cap.store';
import { Entitlements } from './plans/entitlements';
import { FreePlan } from './plans/free-plan';
import { UsageStore } from './usage/usage.store';

/** Credits, plans, usage. Everything takes the caller's transaction, so it needs no connection of its own. */
@Module({
  providers: [BudgetStore, CreditAccountStore, CreditHoldStore, CreditLedger, CreditLotStore, Entitlements, FreePlan, PaidCredits, PaymentLotStore, ProbeBudgets, ReversedCredits, SpendingCapStore, UsageStore],
  exports: [BudgetStore, CreditAccountStore, CreditLedger, Entitlements, FreePlan, PaidCredits, ProbeBudgets, ReversedCredits, UsageStore],
})
export class BillingModule {}
