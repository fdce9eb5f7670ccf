import { AttemptStore, TaskLifecycle, TaskResultStore, TaskStore, UnitOfWork, type Tx } from '@app/domain';
import { Injectable } from '@nestjs/common';
import type { Briefing } from './briefing';

/** Rows that a delivery writes, always under the fence. */
@Injectable()
export class DeliveryStores {
  constructor(
    readonly uow: UnitOfWork,
    readonly attempts: AttemptStore,
    readonly lifecycle: TaskLifecycle,
    readonly tasks: TaskStore,
    readonly results: TaskResultStore,
  ) {}

  write<T>({ attempt }: Pick<Briefing, 'attempt'>, work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.uow.run(async (tx) => {
      await this.attempts.fence(tx, attempt);
      return work(tx);
    });
  }
}
