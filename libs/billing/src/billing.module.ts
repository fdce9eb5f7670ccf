import { Module } from '@nestjs/common';
import { CreditAccountStore } from './credits/credit-account.store';
import { CreditHoldStore } from './credits/credit-hold.store';
import { CreditLedger } from './credits/credit-ledger';
import { CreditLotStore } from './credits/credit-lot.store';
import { SpendingCapStore } from './credits/spending-cap.store';
import { Entitlements } from './plans/entitlements';
import { FreePlan } from './plans/free-plan';
import { UsageStore } from './usage/usage.store';

/** Credits, plans, usage. Everything takes the caller's transaction, so it needs no connection of its own. */
@Module({
  providers: [CreditAccountStore, CreditHoldStore, CreditLedger, CreditLotStore, Entitlements, FreePlan, SpendingCapStore, UsageStore],
  exports: [CreditAccountStore, CreditLedger, Entitlements, FreePlan, UsageStore],
})
export class BillingModule {}
