import { Clock, Logger } from '@app/common';
import { RECOVERY_EVERY_MS, SWEEP_EVERY_MS, UnitOfWork } from '@app/domain';
import { metrics, reportFault } from '@app/telemetry';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { Lane, Sweeper } from './sweeper';

/** The recurring jobs of this process, in the order in which a round runs them. */
export class Sweepers {
  constructor(readonly all: readonly Sweeper[]) {}
}

const EVERY_MS: Readonly<Record<Lane, number>> = { recovery: RECOVERY_EVERY_MS, housekeeping: SWEEP_EVERY_MS };
const LANES = Object.keys(EVERY_MS) as Lane[];

/** Runs the sweepers: each lane in one process at a time, never two rounds of it at once. */
@Injectable()
export class MaintenanceSchedule implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly stop = new AbortController();
  private readonly lastRun = new Map<string, number>();
  private readonly logger: Logger;
  private running: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly work: UnitOfWork,
    private readonly sweepers: Sweepers,
    private readonly clock: Clock,
    logger: Logger,
  ) {
    this.logger = logger.named('maintenance');
  }

  onApplicationBootstrap(): void {
    this.running = Promise.all(LANES.map((lane) => this.loop(lane)));
  }

  /** Ends after the row in hand; another process goes on. */
  async onModuleDestroy(): Promise<void> {
    this.stop.abort();
    await this.running;
  }

  /**
   * One round of a lane, unless another process is in one. The lock lives in a transaction of its own connection, which does nothing else: a process
   * that dies lets go of it with its connection. Resolves to false when another process has it.
   */
  round(lane: Lane): Promise<boolean> {
    return this.work.run(async (tx) => {
      const [lock] = await tx.query<{ mine: boolean }[]>(`SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)) AS mine`, [`maintenance ${lane}`]);
      if (!lock?.mine) return false;
      for (const sweeper of this.sweepers.all) if (sweeper.lane === lane && !this.stop.signal.aborted && this.isDue(sweeper)) await this.runOne(sweeper);
      return true;
    });
  }

  private async loop(lane: Lane): Promise<void> {
    while (!this.stop.signal.aborted) {
      await this.round(lane).catch((error: unknown) => this.logger.warn('A round of maintenance failed', { lane, err: error }));
      await this.clock.sleep(EVERY_MS[lane], this.stop.signal).catch(() => undefined);
    }
  }

  private isDue(sweeper: Sweeper): boolean {
    const last = this.lastRun.get(sweeper.name);
    return last === undefined || this.clock.monotonicMs() - last >= sweeper.everyMs;
  }

  private async runOne(sweeper: Sweeper): Promise<void> {
    this.lastRun.set(sweeper.name, this.clock.monotonicMs());
    try {
      const rows = await sweeper.run();
      metrics.swept.add({ sweeper: sweeper.name }, rows);
      if (rows > 0) this.logger.info('Swept', { sweeper: sweeper.name, rows });
    } catch (error) {
      metrics.sweepFailures.add({ sweeper: sweeper.name });
      reportFault(error, 'sweeper', { sweeper: sweeper.name });
      this.logger.error('A sweeper failed', { sweeper: sweeper.name, err: error });
    }
  }
}
