import { BillingModule } from '@app/billing';
import { Module, type DynamicModule, type ModuleMetadata } from '@nestjs/common';
import { AutomationRuns } from './automations/automation-runs';
import { FollowUps } from './follow-ups/follow-ups';
import { PauseReason } from './follow-ups/pause-reason';
import { KeyChoice } from './models/key-choice';
import { ModelChoice } from './models/model-choice';
import { ModelOffers } from './models/model-offers';
import { TaskCallbacks } from './request/task-callbacks';
import { TaskDraft } from './request/task-draft';
import { TaskAdmission } from './task-admission';
import { TaskNews } from './task-news';
import { TaskStart } from './task-start';
import { TaskSubmission } from './task-submission';

const SERVICES = [AutomationRuns, FollowUps, KeyChoice, ModelChoice, ModelOffers, PauseReason, TaskAdmission, TaskCallbacks, TaskDraft, TaskNews, TaskStart, TaskSubmission];

/** How tasks come in, and what is said to them: one door for the API and for whatever starts tasks by itself. */
@Module({})
export class SubmissionModule {
  /** @param imports the process's database and messaging modules: `UnitOfWork`, the stores, `JobProducer`, `TaskEventBus` */
  static with(imports: NonNullable<ModuleMetadata['imports']>): DynamicModule {
    return { module: SubmissionModule, imports: [BillingModule, ...imports], providers: SERVICES, exports: SERVICES };
  }
}
