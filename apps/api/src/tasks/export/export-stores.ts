import { UsageStore } from '@app/billing';
import { AttemptStore, ReviewFindingStore, TaskCandidateStore, TaskEventStore, TaskExportStore, TaskLogStore, TaskMessageStore, TaskPlanStore, TaskResultStore } from '@app/domain';
import { Injectable } from '@nestjs/common';

/** What happened to a task. */
@Injectable()
export class HistoryStores {
  constructor(
    readonly attempts: AttemptStore,
    readonly messages: TaskMessageStore,
    readonly events: TaskEventStore,
    readonly logs: TaskLogStore,
    readonly usage: UsageStore,
  ) {}
}

/** What came of a task. */
@Injectable()
export class OutcomeStores {
  constructor(
    readonly results: TaskResultStore,
    readonly plans: TaskPlanStore,
    readonly candidates: TaskCandidateStore,
    readonly findings: ReviewFindingStore,
    readonly others: TaskExportStore,
  ) {}
}
