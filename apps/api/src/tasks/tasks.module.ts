import { BillingModule } from '@app/billing';
import { Clock, Logger } from '@app/common';
import { MessagingModule, TaskEventBus, TaskEventFollower } from '@app/messaging';
import { Module } from '@nestjs/common';
import { ApiKeysModule } from '../api-keys/api-keys.module';
import { AuthModule } from '../auth/auth.module';
import { DatabaseModule } from '../database.module';
import { RepositoryAccessModule } from '../git-repos/access/repository-access.module';
import { submissionModule } from '../submission.module';
import { TaskArchiveController } from './archive/task-archive.controller';
import { TaskArchive } from './archive/task-archive.service';
import { TaskCandidatesController } from './candidates/task-candidates.controller';
import { TaskConversationController } from './conversation/task-conversation.controller';
import { TaskConversation } from './conversation/task-conversation.service';
import { TaskPause } from './conversation/task-pause.service';
import { TaskCreation } from './create/task-creation';
import { TaskForkController } from './create/task-fork.controller';
import { EventStreams } from './events/event-streams';
import { TaskEventSource } from './events/task-event-source';
import { TaskEventsController } from './events/task-events.controller';
import { ExportParts } from './export/export-parts';
import { HistoryStores, OutcomeStores } from './export/export-stores';
import { TaskExportController } from './export/task-export.controller';
import { TaskFindingsController } from './findings/task-findings.controller';
import { TaskHistoryController } from './history/task-history.controller';
import { LogDownload } from './logs/log-download';
import { LogStreams, LogStreamTools } from './logs/log-streams';
import { TaskLogsController } from './logs/task-logs.controller';
import { PlanChildren } from './plan/plan-children';
import { TaskPlanController } from './plan/task-plan.controller';
import { TaskPlanParts, TaskPlans } from './plan/task-plan.service';
import { ResultContent } from './results/result-content';
import { TaskDiffController } from './results/task-diff.controller';
import { TaskResultsController } from './results/task-results.controller';
import { TaskAccess } from './task-access';
import { TaskControlController } from './task-control.controller';
import { TaskControl } from './task-control.service';
import { TaskRows } from './task-rows';
import { TasksController } from './tasks.controller';
import { TasksService } from './tasks.service';

/** One for all streams of the process. */
const follower = {
  provide: TaskEventFollower,
  inject: [TaskEventBus, TaskEventSource, Clock, Logger],
  useFactory: (bus: TaskEventBus, source: TaskEventSource, clock: Clock, logger: Logger) => new TaskEventFollower({ bus, source, clock, logger: logger.named('events') }),
};

@Module({
  imports: [AuthModule, DatabaseModule, BillingModule, ApiKeysModule, MessagingModule.forProducer(), submissionModule, RepositoryAccessModule],
  controllers: [
    TasksController, TaskControlController, TaskConversationController, TaskEventsController, TaskFindingsController, TaskHistoryController, TaskLogsController, TaskResultsController, TaskDiffController,
    TaskArchiveController, TaskCandidatesController, TaskExportController, TaskForkController, TaskPlanController,
  ],
  providers: [
    TaskAccess, TaskControl, TaskConversation, TaskCreation, TaskPause, TaskRows, TasksService,
    TaskEventSource, EventStreams, LogDownload, LogStreams, LogStreamTools, ResultContent, follower, ExportParts, HistoryStores, OutcomeStores, PlanChildren, TaskArchive, TaskPlanParts, TaskPlans,
  ],
})
export class TasksModule {}
