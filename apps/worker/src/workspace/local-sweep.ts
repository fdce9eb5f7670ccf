import { Clock, Logger } from '@app/common';
import { AttemptStore, UnitOfWork } from '@app/domain';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { DependencyCache } from './set-up/dependency-cache';
import { WorkspaceSweeper } from './workspace-sweeper';

const EVERY_MS = 15_000;
/** Dependency caches are looked at every ten minutes. */
const CACHE_ROUNDS = 40;

/** Removes what killed workers left on this machine's disk. Each process does it for its own machine, so it is no job of the maintenance schedule. */
@Injectable()
export class LocalSweep implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly stop = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private rounds = 0;

  constructor(
    private readonly sweeper: WorkspaceSweeper,
    private readonly cache: DependencyCache,
    private readonly uow: UnitOfWork,
    private readonly attempts: AttemptStore,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.running = this.loop();
  }

  async onModuleDestroy(): Promise<void> {
    this.stop.abort();
    await this.running;
  }

  private async loop(): Promise<void> {
    while (!this.stop.signal.aborted) {
      await this.sweep().catch((error: unknown) => this.logger.warn('workspaces could not be swept', { err: error }));
      await this.clock.sleep(EVERY_MS, this.stop.signal).catch(() => undefined);
    }
  }

  private async sweep(): Promise<void> {
    const live = await this.uow.run((tx) => this.attempts.runningIds(tx));
    const removed = await this.sweeper.sweep(new Set(live));
    if (removed > 0) this.logger.info('removed left-over workspaces', { removed });
    if (this.rounds++ % CACHE_ROUNDS !== 0) return;
    const caches = await this.cache.sweep();
    if (caches > 0) this.logger.info('removed dependency caches', { removed: caches });
  }
}
