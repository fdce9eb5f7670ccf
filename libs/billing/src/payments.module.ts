import { type DynamicModule, Module, type ModuleMetadata } from '@nestjs/common';
import { BillingModule } from './billing.module';
import { StripeCheckout } from './payments/stripe-checkout';
import { StripeClient } from './payments/stripe-client';
import { StripeMeter } from './payments/stripe-meter';
import { StripeRecords } from './payments/stripe-records';
import { StripeSignature } from './payments/stripe-signature';
import { StripeSubscriptions } from './payments/stripe-subscriptions';
import { OverageReportStore } from './overage/overage-report.store';
import { OverageReports } from './overage/overage-reports';
import { MoneyBack } from './purchases/money-back';
import { PaidThings } from './purchases/paid-things';
import { PurchaseMirror } from './purchases/purchase-mirror';
import { PurchaseStore } from './purchases/purchase.store';
import { StripeReconciliation } from './purchases/stripe-reconciliation';
import { BillingCustomerStore } from './subscriptions/billing-customer.store';
import { BillingWork } from './subscriptions/billing-work';
import { InvoiceMirror } from './subscriptions/invoice-mirror';
import { PlanCreditMoves } from './subscriptions/plan-credit-moves';
import { InvoiceStore } from './subscriptions/invoice.store';
import { PlanCatalogStore } from './subscriptions/plan-catalog.store';
import { PriceDesk } from './subscriptions/price-desk';
import { SubscriptionMirror } from './subscriptions/subscription-mirror';
import { SubscriptionStore } from './subscriptions/subscription.store';

const STORES = [BillingCustomerStore, InvoiceStore, OverageReportStore, PlanCatalogStore, PurchaseStore, SubscriptionStore];
const STRIPE = [StripeCheckout, StripeClient, StripeMeter, StripeRecords, StripeSignature, StripeSubscriptions];
const MIRRORS = [BillingWork, InvoiceMirror, MoneyBack, OverageReports, PaidThings, PlanCreditMoves, PriceDesk, PurchaseMirror, StripeReconciliation, SubscriptionMirror];

/** Stripe, and what it tells: subscriptions, invoices, purchases, refunds, disputes. */
@Module({})
export class PaymentsModule {
  /** @param database brings `UnitOfWork`. Settings and logger are global. */
  static with(database: NonNullable<ModuleMetadata['imports']>[number]): DynamicModule {
    const providers = [...STORES, ...STRIPE, ...MIRRORS];
    return { module: PaymentsModule, imports: [database, BillingModule], providers, exports: providers };
  }
}
