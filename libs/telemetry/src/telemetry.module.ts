import { AppConfig } from '@app/common';
import { Global, Inject, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { ErrorTracker } from './errors/error-tracker';
import { openErrorTracker } from './errors/open-error-tracker';
import { useErrorTracker } from './errors/report-fault';
import { watchEventLoop } from './metrics/event-loop';
import { metrics, metricsRegistry } from './metrics/metrics';
import { stopTracing } from './tracing/start-tracing';

/** A collector that is away keeps no process from its end. */
const FLUSH_MS = 2_000;

/** `ErrorTracker` for everyone, and what ends with the process. */
@Global()
@Module({})
export class TelemetryModule implements OnApplicationShutdown {
  private readonly stopWatch: () => void;

  constructor(
    @Inject(ErrorTracker) private readonly errors: ErrorTracker,
    config: AppConfig,
  ) {
    useErrorTracker(errors);
    metricsRegistry.watchProcess();
    this.stopWatch = watchEventLoop();
    const { APP_VERSION, APP_COMMIT } = config.core;
    metrics.processInfo.set({ version: APP_VERSION, commit: APP_COMMIT }, 1);
  }

  /** @param process "api" or "worker" */
  static for(process: string): DynamicModule {
    const tracker = { provide: ErrorTracker, useFactory: (config: AppConfig) => openErrorTracker(config, process), inject: [AppConfig] };
    return { module: TelemetryModule, providers: [tracker], exports: [ErrorTracker] };
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopWatch();
    await Promise.all([this.errors.flush(FLUSH_MS).catch(() => undefined), stopTracing(FLUSH_MS)]);
  }
}
