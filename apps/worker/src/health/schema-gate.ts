import { Clock, Logger } from '@app/common';
import { DatabaseHealthStore } from '@app/domain';
import { Injectable, type OnModuleInit } from '@nestjs/common';

const LOOK_EVERY_MS = 1_000;

/**
 * Holds the start until the database has every migration of this build: queues and sweepers begin in a later hook. So a worker may come up before the
 * migration job is done, and takes nothing that it could not write.
 */
@Injectable()
export class SchemaGate implements OnModuleInit {
  private readonly logger: Logger;

  constructor(
    private readonly database: DatabaseHealthStore,
    private readonly clock: Clock,
    logger: Logger,
  ) {
    this.logger = logger.named('schema');
  }

  async onModuleInit(): Promise<void> {
    for (let looks = 0; !(await this.isComplete()); looks++) {
      if (looks % 30 === 0) this.logger.warn('the database lacks migrations of this build, so this worker waits: npm run db:migrate');
      await this.clock.sleep(LOOK_EVERY_MS);
    }
  }

  /** A database without any migration has no table of them either. */
  private isComplete(): Promise<boolean> {
    return this.database.isAtHead().catch(() => false);
  }
}
