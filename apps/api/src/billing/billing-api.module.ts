import { BillingModule } from '@app/billing';
import { Module } from '@nestjs/common';
import { DatabaseModule } from '../database.module';
import { CatalogController } from './catalog.controller';
import { CreditTransactionsController } from './credit-transactions.controller';
import { BillingUsageController } from './usage.controller';

@Module({ imports: [DatabaseModule, BillingModule], controllers: [CatalogController, CreditTransactionsController, BillingUsageController] })
export class BillingApiModule {}
