import { Clock, Logger } from '@app/common';
import { DatabaseFigures } from '@app/domain';
import { metrics, metricsRegistry } from '@app/telemetry';
import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';

/** However many scrape, the rows are counted once in so long. */
const CACHED_MS = 5_000;

/** Depth and age of what waits, and the use of the pool, before each scrape. A module of each process provides it. */
@Injectable()
export class DatabaseGauges implements OnModuleInit, OnModuleDestroy {
  private counting: Promise<void> | null = null;
  private countedAt = -Infinity;
  private forget = (): void => undefined;
  private readonly logger: Logger;

  constructor(
    private readonly figures: DatabaseFigures,
    private readonly clock: Clock,
    logger: Logger,
  ) {
    this.logger = logger.named('metrics');
  }

  onModuleInit(): void {
    this.forget = metricsRegistry.beforeScrape(() => this.look());
  }

  onModuleDestroy(): void {
    this.forget();
  }

  private async look(): Promise<void> {
    const { open, idle, waiting } = this.figures.pool();
    metrics.poolConnections.set({ state: 'open' }, open);
    metrics.poolConnections.set({ state: 'idle' }, idle);
    metrics.poolConnections.set({ state: 'waiting' }, waiting);
    if (this.clock.monotonicMs() - this.countedAt < CACHED_MS) return;
    this.counting ??= this.count().finally(() => (this.counting = null));
    await this.counting;
  }

  /** Values of a look that failed are forgotten: an old number would pass for a new one. */
  private async count(): Promise<void> {
    try {
      const depths = await this.figures.queueDepths();
      for (const { queue, state, rows, oldestSeconds } of depths) {
        metrics.queueDepth.set({ queue, state }, rows);
        metrics.queueAge.set({ queue, state }, oldestSeconds);
      }
      metrics.queueRead.set({}, 1);
    } catch (error) {
      metrics.queueDepth.clear();
      metrics.queueAge.clear();
      metrics.queueRead.set({}, 0);
      this.logger.warn('the queues could not be counted', { err: error });
    }
    this.countedAt = this.clock.monotonicMs();
  }
}
