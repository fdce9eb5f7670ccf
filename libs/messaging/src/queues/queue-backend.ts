import { createPostgresBackend, PostgresConnection, Queue, Worker, type BackendFactory, type ConnectionOptions, type Processor, type WorkerOptions } from 'bullmq';
import type { AppConfig, Logger } from '@app/common';
import { GuardedClient } from './guarded-client';

export type OpenQueue = Pick<Queue, 'addBulk' | 'close' | 'waitUntilReady' | 'getJobCounts'>;
export type OpenWorker = Pick<Worker, 'close' | 'on' | 'waitUntilReady'>;
type ServeOptions = Omit<WorkerOptions, 'connection' | 'prefix'>;

/** Opens queues where they live. BullMQ is the same on both; only the connection differs. */
export abstract class QueueBackend {
  abstract readonly kind: 'redis' | 'postgres';

  /** Makes what the queues need to exist; may be repeated, also by several processes at once. */
  abstract prepare(): Promise<void>;

  abstract open(name: string, onError: (error: Error) => void): OpenQueue;

  abstract serve(name: string, work: Processor, options: ServeOptions, onError: (error: Error) => void): OpenWorker;
}

/** Keys of one queue share a hash tag, so that they also fit into a Redis cluster. */
const PREFIX = '{async-coder}';

/** Reconnects forever, at most a second apart. */
const retryStrategy = (tries: number): number => Math.min(tries * 100, 1_000);

class RedisQueueBackend extends QueueBackend {
  readonly kind = 'redis';

  constructor(private readonly url: string) {
    super();
  }

  prepare(): Promise<void> {
    return Promise.resolve();
  }

  open(name: string, onError: (error: Error) => void): OpenQueue {
    // A producer must learn at once that Redis is away; commands that wait in memory would be sent long after the sweeper repeated them.
    const connection = { url: this.url, retryStrategy, enableOfflineQueue: false, maxRetriesPerRequest: 0 };
    return new Queue(name, { connection, prefix: PREFIX, skipMetasUpdate: true }).on('error', onError);
  }

  serve(name: string, work: Processor, options: ServeOptions, onError: (error: Error) => void): OpenWorker {
    return new Worker(name, work, { ...options, prefix: PREFIX, connection: { url: this.url, retryStrategy, maxRetriesPerRequest: null } }).on('error', onError);
  }
}

class PostgresQueueBackend extends QueueBackend {
  readonly kind = 'postgres';
  private readonly factory = createPostgresBackend as unknown as BackendFactory<never>;

  constructor(private readonly connectionString: string) {
    super();
  }

  async prepare(): Promise<void> {
    const connection = new PostgresConnection({ connectionString: this.connectionString, max: 1, migrate: true, Client: GuardedClient });
    connection.on('error', () => undefined);
    try {
      await connection.waitUntilReady();
    } finally {
      await connection.close();
    }
  }

  open(name: string, onError: (error: Error) => void): OpenQueue {
    return new Queue(name, { connection: this.connection(2) }, this.factory).on('error', onError);
  }

  serve(name: string, work: Processor, options: ServeOptions, onError: (error: Error) => void): OpenWorker {
    return new Worker(name, work, { ...options, connection: this.connection(3) }, this.factory).on('error', onError);
  }

  /** Each of these opens a pool of its own, a worker one more connection for LISTEN. */
  private connection(max: number): ConnectionOptions {
    return { connectionString: this.connectionString, max, connectionTimeoutMillis: 5_000, Client: GuardedClient };
  }
}

/** Redis when REDIS_URL is set, else PostgreSQL. */
export function createQueueBackend(config: AppConfig, logger: Logger): QueueBackend {
  const { REDIS_URL, DATABASE_URL } = config.core;
  if (REDIS_URL) return new RedisQueueBackend(REDIS_URL);
  logger.warn('REDIS_URL is not set: queue and wake-ups run on PostgreSQL. Good for one machine only, never for production.');
  return new PostgresQueueBackend(DATABASE_URL);
}
