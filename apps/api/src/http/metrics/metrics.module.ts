import { AppConfig, Logger } from '@app/common';
import { DatabaseGauges } from '@app/messaging';
import { MetricsServer } from '@app/telemetry';
import { Injectable, Module, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { DatabaseModule } from '../../database.module';
import { MetricsController } from './metrics.controller';

/** The metrics' own port, where one is set. It closes last, so that the drain can be watched. */
@Injectable()
export class MetricsPort implements OnApplicationBootstrap, OnApplicationShutdown {
  private server: MetricsServer | null = null;

  constructor(
    private readonly config: AppConfig,
    private readonly logger: Logger,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { METRICS_HOST, METRICS_PORT } = this.config.telemetry;
    if (METRICS_PORT === undefined) return;
    this.server = new MetricsServer();
    this.logger.named('metrics').info('metrics listening', { url: await this.server.listen(METRICS_HOST, METRICS_PORT) });
  }

  async onApplicationShutdown(): Promise<void> {
    await this.server?.close();
  }
}

@Module({ imports: [DatabaseModule], controllers: [MetricsController], providers: [DatabaseGauges, MetricsPort] })
export class MetricsModule {}
