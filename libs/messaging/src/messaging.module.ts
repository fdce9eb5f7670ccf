import { Inject, Module, type DynamicModule, type OnApplicationShutdown, type Provider } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { AppConfig, Logger } from '@app/common';
import { createTaskEventBus } from './events/create-task-event-bus';
import { TaskEventBus } from './events/task-event-bus';
import { JobProducer } from './queues/job-producer';
import { createQueueBackend, QueueBackend } from './queues/queue-backend';
import { QueueServer } from './queues/queue-server';

const SHARED: Provider[] = [
  { provide: QueueBackend, useFactory: createQueueBackend, inject: [AppConfig, Logger] },
  { provide: TaskEventBus, useFactory: createTaskEventBus, inject: [AppConfig, Logger] },
  JobProducer,
];

/**
 * Queue and wake-ups. AppConfig and Logger come from global modules of the app. Both methods always return the same object, so
 * every module that needs messaging may import it and there is still one of each client.
 */
@Module({})
export class MessagingModule implements OnApplicationShutdown {
  private static readonly producer: DynamicModule = { module: MessagingModule, providers: SHARED, exports: [JobProducer, TaskEventBus] };
  private static readonly worker: DynamicModule = {
    module: MessagingModule,
    imports: [DiscoveryModule],
    providers: [...SHARED, QueueServer],
    exports: [JobProducer, TaskEventBus, QueueServer],
  };

  constructor(@Inject(TaskEventBus) private readonly bus: TaskEventBus) {}

  /** For a process that only adds jobs: `JobProducer` and `TaskEventBus`. */
  static forProducer(): DynamicModule {
    return this.producer;
  }

  /** The same, and `QueueServer`, which gives the jobs of SERVE_QUEUES to the classes marked `@HandlesQueue`. */
  static forWorker(): DynamicModule {
    return this.worker;
  }

  /** In the last hook: running jobs that are handed over still tell their news. */
  async onApplicationShutdown(): Promise<void> {
    await this.bus.close();
  }
}
