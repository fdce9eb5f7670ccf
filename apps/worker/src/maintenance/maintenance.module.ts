import { BillingModule } from '@app/billing';
import { GithubModule } from '@app/github';
import { Module, type DynamicModule, type ModuleMetadata } from '@nestjs/common';
import { AnalyticsSweeper } from '../analytics/analytics.sweeper';
import { InstallationSweeper } from '../installations/installation.sweeper';
import { BILLING_SWEEPERS } from '../billing/billing-sweeps.module';
import { TRIGGER_SWEEPERS } from '../triggers/triggers.module';
import { LostDeliveries } from '../webhooks/github/lost-deliveries';
import { LostDeliveriesSweeper } from '../webhooks/github/lost-deliveries.sweeper';
import { CandidateSweeper } from './candidate.sweeper';
import { CreditSweeper } from './credit.sweeper';
import { DeadlineSweeper } from './deadline.sweeper';
import { EndpointDeliverySweeper } from './endpoint-delivery.sweeper';
import { LeaseSweeper } from './lease.sweeper';
import { ModelUsageSweeper } from './model-usage.sweeper';
import { PartitionSweeper } from './partition.sweeper';
import { LogRetentionSweeper } from './retention-logs.sweeper';
import { RetentionSweeper } from './retention.sweeper';
import { MaintenanceSchedule, Sweepers } from './schedule';
import { ScheduledTasksSweeper } from './scheduled-tasks.sweeper';
import { StuckRowsSweeper } from './stuck-rows.sweeper';
import type { Sweeper } from './sweeper';
import { SweptTasks } from './swept-tasks';
import { WebhookInboxSweeper } from './webhook-inbox.sweeper';

/** Every recurring job. A new one: its file, and a line here. */
const SWEEPERS = [LeaseSweeper, DeadlineSweeper, ScheduledTasksSweeper, CandidateSweeper, StuckRowsSweeper, WebhookInboxSweeper, EndpointDeliverySweeper, InstallationSweeper, LostDeliveriesSweeper, CreditSweeper, AnalyticsSweeper, ModelUsageSweeper, PartitionSweeper, RetentionSweeper, LogRetentionSweeper];

/** What time does, in whichever worker gets to it. */
@Module({})
export class MaintenanceModule {
  /** @param imports the worker's database and messaging modules: `UnitOfWork`, stores, `JobProducer`, `TaskEventBus`. Clock and Logger are global. */
  static with(imports: NonNullable<ModuleMetadata['imports']>): DynamicModule {
    const list = { provide: Sweepers, inject: [...SWEEPERS, ...[...TRIGGER_SWEEPERS, ...BILLING_SWEEPERS].map((token) => ({ token, optional: true }))], useFactory: (...all: (Sweeper | undefined)[]) => new Sweepers(all.filter((one) => one !== undefined)) };
    return { module: MaintenanceModule, imports: [BillingModule, GithubModule, ...imports], providers: [SweptTasks, LostDeliveries, ...SWEEPERS, list, MaintenanceSchedule] };
  }
}
