import { AccountsModule } from '@app/accounts';
import { BillingModule, PaymentsModule } from '@app/billing';
import { ProcessModule, type AppConfig, type Logger } from '@app/common';
import { DomainModule } from '@app/domain';
import { GithubModule } from '@app/github';
import { MessagingModule } from '@app/messaging';
import { TelemetryModule } from '@app/telemetry';
import { Module, type DynamicModule } from '@nestjs/common';
import { AttemptWork } from '../attempts/attempt-work';
import { AttemptHandler } from '../attempts/attempt.handler';
import { GATEWAY } from '../gateway';
import { SharedLanesModule } from '../installations/shared-lanes.module';
import { PUBLISHING } from '../publishing';
import { REVIEWING } from '../reviewing';
import { ATTEMPTS, SANDBOX, WORKSPACE } from '../worker.module';
import { LocalSweep } from '../workspace/local-sweep';
import { AttemptLauncher } from './attempt-launcher';
import { OneAttempt } from './one-attempt';

const database = DomainModule.forRoot('worker');
const HERE = { provide: AttemptLauncher, useExisting: AttemptWork };
const WORKING = [...SANDBOX, ...WORKSPACE, ...ATTEMPTS].filter((part) => part !== AttemptHandler && part !== LocalSweep);

/** What one attempt stands on: no queue is served, nothing is swept. Its disk ends with its pod. */
@Module({
  imports: [database, MessagingModule.forProducer(), BillingModule, AccountsModule.with(database), PaymentsModule.with(database), GithubModule, SharedLanesModule.with(database)],
  providers: [...WORKING, ...PUBLISHING, ...REVIEWING, ...GATEWAY, HERE, OneAttempt],
})
export class OneAttemptModule {
  static with(config: AppConfig, logger: Logger): DynamicModule {
    return { module: OneAttemptModule, imports: [ProcessModule.with(config, logger), TelemetryModule.for('worker')] };
  }
}
