import { type DynamicModule, Module, type ModuleMetadata } from '@nestjs/common';
import { OverageSweeper } from './overage.sweeper';
import { StripeEventsSweeper } from './stripe-events.sweeper';
import { FindingRepair, StripeReconcileSweeper } from './stripe-reconcile.sweeper';

/** What time does about payments; the maintenance runs them. */
export const BILLING_SWEEPERS = [OverageSweeper, StripeEventsSweeper, StripeReconcileSweeper];

@Module({})
export class BillingSweepsModule {
  /** @param imports the worker's database, messaging and payments modules. */
  static with(imports: NonNullable<ModuleMetadata['imports']>): DynamicModule {
    return { module: BillingSweepsModule, imports, providers: [FindingRepair, ...BILLING_SWEEPERS], exports: BILLING_SWEEPERS };
  }
}
