import { Redis } from 'ioredis';
import type { Logger } from '@app/common';
import { DeltaBatcher } from './delta-batcher';
import { Listeners } from './listeners';
import { TaskEventBus, type TaskDelta, type TaskListener } from './task-event-bus';
import { dispatch, encodeDelta } from './wire';

const channelOf = (taskId: string): string => `async-coder:task:${taskId}`;

/** One channel a task: Redis sends a process only what its readers follow. */
export class RedisTaskEventBus extends TaskEventBus {
  private readonly publisher: Redis;
  private readonly subscriber: Redis;
  private readonly deltas = new DeltaBatcher((delta) => this.send(delta.taskId, encodeDelta(delta)));
  private readonly listeners = new Listeners(
    (taskId) => void this.subscriber.subscribe(channelOf(taskId)).catch(() => undefined),
    (taskId) => void this.subscriber.unsubscribe(channelOf(taskId)).catch(() => undefined),
  );

  constructor(url: string, logger: Logger) {
    super();
    const log = logger.named('events');
    const retryStrategy = (tries: number): number => Math.min(tries * 100, 1_000);
    // A wake-up that cannot be sent now is worth nothing later, so publishing never waits in memory; subscriptions do.
    this.publisher = new Redis(url, { retryStrategy, enableOfflineQueue: false, maxRetriesPerRequest: 0, enableAutoPipelining: true });
    this.subscriber = new Redis(url, { retryStrategy, maxRetriesPerRequest: null });
    for (const client of [this.publisher, this.subscriber]) client.on('error', (error: Error) => log.warn('event bus connection failed', { err: error }));
    this.subscriber.on('message', (_channel: string, message: string) => dispatch(message, this.listeners));
    this.subscriber.on('ready', () => this.listeners.newsForAll());
  }

  publishNews(taskId: string): void {
    this.send(taskId, taskId);
  }

  publishDelta(delta: TaskDelta): void {
    this.deltas.add(delta);
  }

  subscribe(taskId: string, listener: TaskListener): () => void {
    return this.listeners.add(taskId, listener);
  }

  isConnected(): boolean {
    return this.publisher.status === 'ready' && this.subscriber.status === 'ready';
  }

  close(): Promise<void> {
    this.deltas.close();
    this.publisher.disconnect();
    this.subscriber.disconnect();
    return Promise.resolve();
  }

  private send(taskId: string, message: string): void {
    this.publisher.publish(channelOf(taskId), message).catch(() => undefined);
  }
}
