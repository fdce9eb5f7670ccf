import { answersIn } from '@app/common';
import { DatabaseHealthStore } from '@app/domain';
import { TaskEventBus } from '@app/messaging';
import { Injectable } from '@nestjs/common';
import { HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import { ProcessState } from './process-state';

const DATABASE_MS = 1_000;

/** What readiness asks. Each answers within a second or so, and says what is wrong without the driver's own text. */
@Injectable()
export class HealthChecks {
  private wasAtHead = false;

  constructor(
    private readonly indicators: HealthIndicatorService,
    private readonly database: DatabaseHealthStore,
    private readonly state: ProcessState,
    private readonly bus: TaskEventBus,
  ) {}

  async postgres(): Promise<HealthIndicatorResult> {
    const session = this.indicators.check('postgres');
    return (await answersIn(this.database.ping(), DATABASE_MS)) ? session.up() : session.down('no answer within a second');
  }

  async migrations(): Promise<HealthIndicatorResult> {
    const session = this.indicators.check('migrations');
    return (await this.schemaIsComplete()) ? session.up() : session.down('the database lacks migrations of this build: npm run db:migrate');
  }

  /** A schema that was complete once stays so for this build, so that a probe costs one query. */
  async schemaIsComplete(): Promise<boolean> {
    if (this.wasAtHead) return true;
    const atHead = this.database.isAtHead();
    this.wasAtHead = (await answersIn(atHead, DATABASE_MS)) && (await atHead);
    return this.wasAtHead;
  }

  /** Without wake-ups streams poll and the sweeper enqueues: slower, not down. */
  wakeUps(): HealthIndicatorResult {
    const session = this.indicators.check('wakeUps');
    return this.bus.isConnected() ? session.up() : session.degraded('wake-ups between processes do not get through');
  }

  lifecycle(): HealthIndicatorResult {
    const session = this.indicators.check('lifecycle');
    if (this.state.isDraining) return session.down('draining');
    return this.state.isStarted ? session.up() : session.down('starting');
  }
}
