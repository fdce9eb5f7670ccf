import { answersIn } from '@app/common';
import { DatabaseHealthStore } from '@app/domain';
import { TaskEventBus } from '@app/messaging';
import { Injectable } from '@nestjs/common';
import { SandboxProbe } from '../sandbox/sandbox-probe';
import type { CheckResult, ReadinessCheck } from './health.server';

const DATABASE_MS = 1_000;

/** Whether this worker can work now. Each check answers within a second or so. */
@Injectable()
export class Readiness {
  constructor(
    private readonly database: DatabaseHealthStore,
    private readonly bus: TaskEventBus,
    private readonly sandbox: SandboxProbe,
  ) {}

  /** Migrations are no check: without them the process does not start. */
  get checks(): Readonly<Record<string, ReadinessCheck>> {
    return { database: () => this.postgres(), wakeUps: () => this.wakeUps(), sandbox: () => this.sandboxes() };
  }

  private async postgres(): Promise<CheckResult> {
    return (await answersIn(this.database.ping(), DATABASE_MS)) ? { status: 'up' } : { status: 'down', reason: 'no answer within a second' };
  }

  /** Wake-ups are a comfort: without them readers poll and the sweeper enqueues. */
  private wakeUps(): Promise<CheckResult> {
    return Promise.resolve(this.bus.isConnected() ? { status: 'up' } : { status: 'degraded', reason: 'wake-ups do not get through' });
  }

  private async sandboxes(): Promise<CheckResult> {
    const state = await this.sandbox.check();
    return state.available ? { status: 'up' } : { status: 'down', reason: state.reason };
  }
}
