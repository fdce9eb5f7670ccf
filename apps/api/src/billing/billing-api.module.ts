import { BillingModule } from '@app/billing';
import { Module } from '@nestjs/common';
import { DatabaseModule } from '../database.module';
import { BillingAccounts } from './billing-accounts';
import { BillingPortal } from './billing-portal';
import { CatalogController } from './catalog.controller';
import { CreditTransactionsController } from './credit-transactions.controller';
import { PAYMENTS } from './payments.providers';
import { PurchasesController } from './purchases.controller';
import { PurchasesService } from './purchases.service';
import { AllowedReturnUrls } from './return-urls';
import { SubscriptionChanges } from './subscription-changes';
import { SubscriptionController } from './subscription.controller';
import { SubscriptionsService } from './subscriptions.service';
import { BillingUsageController } from './usage.controller';

const PROVIDERS = [AllowedReturnUrls, BillingAccounts, BillingPortal, PurchasesService, SubscriptionChanges, SubscriptionsService];

@Module({ imports: [DatabaseModule, BillingModule, PAYMENTS], controllers: [CatalogController, CreditTransactionsController, BillingUsageController, PurchasesController, SubscriptionController], providers: PROVIDERS })
export class BillingApiModule {}
