import { Global, Injectable, Module, type DynamicModule, type INestApplicationContext } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { AppConfig, loadConfig, Logger } from '@app/common';
import { MessagingModule } from '../messaging.module';
import type { AttemptPayload } from '../queues/attempt.queue';
import { HandlesQueue, JobHandler, type JobContext, type JobOutcome } from '../queues/job-handler';

/** Where the clients under test connect, and how their backend is emptied. */
export interface MessagingBackend {
  readonly databaseUrl: string;
  readonly redisUrl?: string;
  /** Empties the queue's storage, as FLUSHALL does. */
  wipe(): Promise<void>;
}

/** A handler that notes what it was given. */
@Injectable()
@HandlesQueue('attempt')
export class RecordingHandler extends JobHandler<'attempt'> {
  readonly started: string[] = [];
  readonly ended: string[] = [];
  /** What each job does; replaced by a test. */
  work: (attemptId: string, job: JobContext) => Promise<JobOutcome> = () => Promise.resolve();

  protected async handle(payload: AttemptPayload, job: JobContext): Promise<JobOutcome> {
    this.started.push(payload.attemptId);
    try {
      return await this.work(payload.attemptId, job);
    } finally {
      this.ended.push(payload.attemptId);
    }
  }
}

/** Settings and a log as the apps give them. */
export function testSettings(backend: MessagingBackend, settings: Record<string, string> = {}): { config: AppConfig; logger: Logger; log: () => string } {
  let text = '';
  const config = loadConfig({
    DATABASE_URL: backend.databaseUrl,
    REDIS_URL: backend.redisUrl,
    JWT_SECRET: 'x'.repeat(32),
    KEK: Buffer.alloc(32, 7).toString('base64'),
    HANDOVER_MS: '200',
    SERVE_QUEUES: 'attempt',
    ...settings,
  });
  return { config, logger: Logger.create('debug', 'test', { write: (line: string) => void (text += line) }), log: () => text };
}

/** Starts what an app would: config and log, messaging, and for a worker the handlers. */
export async function startMessaging(settings: { config: AppConfig; logger: Logger }, handlers?: unknown[]): Promise<INestApplicationContext> {
  @Global()
  @Module({})
  class Foundation {}
  const values = [
    { provide: AppConfig, useValue: settings.config },
    { provide: Logger, useValue: settings.logger },
  ];
  const foundation: DynamicModule = { module: Foundation, providers: values, exports: [AppConfig, Logger] };
  const messaging = handlers ? MessagingModule.forWorker() : MessagingModule.forProducer();
  const providers = (handlers ?? []) as (new () => object)[];
  const module = await Test.createTestingModule({ imports: [foundation, messaging], providers }).compile();
  return module.init();
}

/** Waits until `done` holds; fails after `ms`. */
export async function until(done: () => boolean, what: string, ms = 15_000): Promise<void> {
  for (const end = Date.now() + ms; !done(); ) {
    if (Date.now() > end) throw new Error(`not within ${ms} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
