import { BillingModule, PaymentsModule } from '@app/billing';
import { ProcessModule, type AppConfig, type Logger } from '@app/common';
import { DomainModule } from '@app/domain';
import { GithubModule } from '@app/github';
import { DatabaseGauges, MessagingModule } from '@app/messaging';
import { TelemetryModule } from '@app/telemetry';
import { Module, type DynamicModule } from '@nestjs/common';
import { AccountsModule } from '@app/accounts';
import { SubmissionModule } from '@app/submission';
import { AttemptAgent } from './attempts/attempt-agent';
import { AttemptDelivery } from './attempts/attempt-delivery';
import { AttemptModels } from './attempts/attempt-models';
import { AttemptPapers } from './attempts/attempt-papers';
import { AttemptRecords } from './attempts/attempt-records';
import { AttemptReviews } from './attempts/attempt-reviews';
import { AttemptRunner } from './attempts/attempt-runner';
import { AttemptWork } from './attempts/attempt-work';
import { AttemptWorkspaces } from './attempts/attempt-workspaces';
import { AttemptHandler } from './attempts/attempt.handler';
import { BillingSweepsModule } from './billing/billing-sweeps.module';
import { Briefings } from './attempts/briefing';
import { CrashPoints } from './attempts/crash-points';
import { DeliveryStores } from './attempts/delivery-stores';
import { AttemptMoney } from './attempts/journal/attempt-money';
import { JournalStores } from './attempts/journal/journal-stores';
import { ModelAccess } from './attempts/model-access';
import { ModelRouting } from './attempts/model-routing';
import { OwnKeys } from './attempts/own-keys';
import { MovedBranches } from './attempts/moved-branch';
import { RepositoryDoor } from './attempts/repository-door';
import { RepositoryVault } from './attempts/repository-vault';
import { ReviewDesks, ReviewEvents } from './attempts/review-desks';
import { RunnerRows } from './attempts/runner-rows';
import { Egress } from './egress/egress';
import { ENDPOINT_DELIVERIES } from './endpoint-deliveries';
import { GATEWAY } from './gateway';
import { Readiness } from './health/readiness';
import { SchemaGate } from './health/schema-gate';
import { INSTALLATIONS } from './installations';
import { LAUNCHING } from './launching/launching.providers';
import { SharedLanesModule } from './installations/shared-lanes.module';
import { MaintenanceModule } from './maintenance/maintenance.module';
import { PUBLISHING } from './publishing';
import { REVIEWING } from './reviewing';
import { Bubblewrap } from './sandbox/bubblewrap';
import { SandboxProbe } from './sandbox/sandbox-probe';
import { SandboxUsers } from './sandbox/sandbox-users';
import { Toolbox } from './sandbox/toolbox';
import { TriggersModule } from './triggers/triggers.module';
import { WEBHOOKS } from './webhooks';
import { DataFolders } from './workspace/data-folders';
import { GitCommand } from './workspace/git-command';
import { LocalSweep } from './workspace/local-sweep';
import { Mirror } from './workspace/mirror';
import { DependencyCache } from './workspace/set-up/dependency-cache';
import { SetUp } from './workspace/set-up/set-up';
import { WorkspaceFactory } from './workspace/workspace-factory';
import { WorkspacePlaces } from './workspace/workspace-places';
import { WorkspaceSweeper } from './workspace/workspace-sweeper';

const database = DomainModule.forRoot('worker');
const messaging = MessagingModule.forWorker();
const payments = PaymentsModule.with(database);
const triggers = TriggersModule.with([database, SubmissionModule.with([database, messaging])]);

const HEALTH = [DatabaseGauges, Readiness, SchemaGate];
export const SANDBOX = [Bubblewrap, SandboxProbe, SandboxUsers, Toolbox];
export const WORKSPACE = [DataFolders, DependencyCache, Egress, GitCommand, LocalSweep, Mirror, SetUp, WorkspaceFactory, WorkspacePlaces, WorkspaceSweeper];
export const ATTEMPTS = [
  AttemptAgent, AttemptDelivery, AttemptHandler, AttemptModels, AttemptMoney, AttemptPapers, AttemptRecords, AttemptReviews, AttemptRunner, AttemptWork, AttemptWorkspaces, Briefings, CrashPoints, DeliveryStores, JournalStores, ModelAccess, ModelRouting, OwnKeys, MovedBranches, RepositoryDoor, RepositoryVault, ReviewDesks, ReviewEvents,
  RunnerRows,
];

/** The worker: attempts, what they stand on, and maintenance. */
@Module({ imports: [database, messaging, BillingModule, AccountsModule.with(database), payments, GithubModule, SharedLanesModule.with(database), triggers, MaintenanceModule.with([database, messaging, triggers, BillingSweepsModule.with([database, messaging, payments])])], providers: [...HEALTH, ...SANDBOX, ...WORKSPACE, ...PUBLISHING, ...REVIEWING, ...ATTEMPTS, ...GATEWAY, ...LAUNCHING, ...ENDPOINT_DELIVERIES, ...WEBHOOKS, ...INSTALLATIONS] })
export class WorkerModule {
  static with(config: AppConfig, logger: Logger): DynamicModule {
    return { module: WorkerModule, imports: [ProcessModule.with(config, logger), TelemetryModule.for('worker')] };
  }
}
