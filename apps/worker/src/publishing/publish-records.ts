import {
  AttemptStore, PullRequestStore, TaskEffectStore, TaskEventStore, TaskResultStore, UnitOfWork, type AttemptLease, type EffectKind, type EffectRow, type NewTaskEvent, type StagedBlob, type Tx,
} from '@app/domain';
import { TaskEventBus } from '@app/messaging';
import { Injectable } from '@nestjs/common';

/** The stores that a publication writes through. */
@Injectable()
export class PublishStores {
  constructor(
    readonly attempts: AttemptStore,
    readonly effects: TaskEffectStore,
    readonly events: TaskEventStore,
    readonly results: TaskResultStore,
    readonly pullRequests: PullRequestStore,
  ) {}
}

export interface Effect {
  readonly kind: EffectKind;
  readonly key: string;
  /** As people see it: a branch, a pull request's branches. */
  readonly name: string;
}

/** Rows of a publication: each transaction begins with the fence, and wakes the readers after its commit. */
@Injectable()
export class PublishRecords {
  constructor(
    private readonly uow: UnitOfWork,
    readonly stores: PublishStores,
    private readonly bus: TaskEventBus,
  ) {}

  /** @throws {StopError} lease_lost */
  async write<T>(lease: AttemptLease, work: (tx: Tx) => Promise<T>): Promise<T> {
    const result = await this.uow.run(async (tx) => {
      await this.stores.attempts.fence(tx, lease);
      return work(tx);
    });
    this.bus.publishNews(lease.taskId);
    return result;
  }

  /** Large bytes on their way into a result, before the transaction that keeps it. */
  staged(organizationId: string, mediaType: string, content: Buffer): Promise<Buffer | StagedBlob> {
    return this.stores.results.stage(this.uow, organizationId, mediaType, content);
  }

  /** Writes down what is about to be done; its event comes once, however often the step is repeated. */
  intend(lease: AttemptLease, effect: Effect, intent: Readonly<Record<string, unknown>>): Promise<EffectRow> {
    return this.write(lease, async (tx) => {
      const known = await this.stores.effects.find(tx, effect.key);
      const row = await this.stores.effects.intend(tx, { taskId: lease.taskId, attemptId: lease.attemptId, kind: effect.kind, key: effect.key, intent });
      if (known === null) await this.append(tx, lease, { type: 'effect.intended', data: { kind: effect.kind, name: effect.name } });
      return row;
    });
  }

  /** Records that an effect was refused. */
  refuse(lease: AttemptLease, effect: Effect, code: string): Promise<void> {
    return this.write(lease, (tx) => this.stores.effects.failed(tx, effect.key, code));
  }

  async append(tx: Tx, lease: AttemptLease, event: NewTaskEvent): Promise<void> {
    await this.stores.events.append(tx, lease.taskId, lease.attemptId, [event]);
  }

  /** All shas that the task ever meant to push: a branch that stands at one of them was moved by nobody else. */
  async ownShas(taskId: string): Promise<Set<string>> {
    const rows = await this.stores.effects.listOfTask(this.uow.reader, taskId, 'push');
    return new Set(rows.map((row) => row.intent['sha']).filter((sha) => typeof sha === 'string'));
  }
}
