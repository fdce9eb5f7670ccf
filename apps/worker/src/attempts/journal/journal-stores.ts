import { AiModelPriceStore, AttemptStore, TaskEventStore, TaskLogStore, TaskMessageStore, UnitOfWork } from '@app/domain';
import { Injectable } from '@nestjs/common';

/** Rows and moves that the journal and the purse of an attempt write. */
@Injectable()
export class JournalStores {
  constructor(
    readonly uow: UnitOfWork,
    readonly attempts: AttemptStore,
    readonly events: TaskEventStore,
    readonly messages: TaskMessageStore,
    readonly logs: TaskLogStore,
    readonly prices: AiModelPriceStore,
  ) {}
}
