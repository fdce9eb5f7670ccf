import { Global, Module, type DynamicModule } from '@nestjs/common';
import { Clock, SystemClock } from '../clock';
import { AppConfig } from '../config/app-config';
import { Logger } from '../logging/logger';
import { ObjectStore } from '../storage/object-store';
import { openObjectStore } from '../storage/open-object-store';

/** Settings, log, clock and object store: global, as everything needs them. */
@Global()
@Module({})
export class ProcessModule {
  static with(config: AppConfig, logger: Logger): DynamicModule {
    const providers = [
      { provide: AppConfig, useValue: config },
      { provide: Logger, useValue: logger },
      { provide: Clock, useClass: SystemClock },
      { provide: ObjectStore, useFactory: () => openObjectStore(config.storage) },
    ];
    return { module: ProcessModule, providers, exports: [AppConfig, Logger, Clock, ObjectStore] };
  }
}
