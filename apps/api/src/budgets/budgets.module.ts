import { BillingModule } from '@app/billing';
import { Module } from '@nestjs/common';
import { DatabaseModule } from '../database.module';
import { BudgetsController } from './budgets.controller';
import { BudgetsService } from './budgets.service';

@Module({ imports: [DatabaseModule, BillingModule], controllers: [BudgetsController], providers: [BudgetsService] })
export class BudgetsModule {}
