import { Client, Pool } from 'pg';
import type { Logger } from '@app/common';
import { DeltaBatcher } from './delta-batcher';
import { Listeners } from './listeners';
import { TaskEventBus, type TaskDelta, type TaskListener } from './task-event-bus';
import { dispatch, encodeDelta } from './wire';

const CHANNEL = 'async_coder_tasks';
const RECONNECT_MS = 500;
/** Messages that wait to be sent; more are dropped. */
const MAX_WAITING = 1_000;

/** One channel for all tasks, on LISTEN and NOTIFY. NOTIFY takes a lock over the whole server at commit: for one machine only. */
export class PostgresTaskEventBus extends TaskEventBus {
  private readonly publisher: Pool;
  private readonly listeners = new Listeners();
  private readonly deltas = new DeltaBatcher((delta) => this.send(encodeDelta(delta)));
  private readonly logger: Logger;
  private waiting = new Set<string>();
  private sending = false;
  private client: Client | null = null;
  private retry: NodeJS.Timeout | null = null;
  private closed = false;

  constructor(
    private readonly url: string,
    logger: Logger,
  ) {
    super();
    this.logger = logger.named('events');
    this.publisher = new Pool({ connectionString: url, max: 1, connectionTimeoutMillis: 5_000, query_timeout: 5_000 });
    this.publisher.on('error', (error) => this.logger.warn('event bus connection failed', { err: error }));
    void this.listen();
  }

  publishNews(taskId: string): void {
    this.send(taskId);
  }

  publishDelta(delta: TaskDelta): void {
    this.deltas.add(delta);
  }

  subscribe(taskId: string, listener: TaskListener): () => void {
    return this.listeners.add(taskId, listener);
  }

  isConnected(): boolean {
    return this.client !== null;
  }

  async close(): Promise<void> {
    this.closed = true;
    this.deltas.close();
    this.waiting.clear();
    if (this.retry) clearTimeout(this.retry);
    const client = this.client;
    this.client = null;
    await Promise.allSettled([client?.end(), this.publisher.end()]);
  }

  private async listen(): Promise<void> {
    const client = new Client({ connectionString: this.url, keepAlive: true, keepAliveInitialDelayMillis: 10_000, connectionTimeoutMillis: 5_000 });
    let lost = false;
    const onLost = (error?: Error): void => {
      if (lost) return;
      lost = true;
      this.reconnect(client, error);
    };
    client.on('error', onLost);
    client.on('end', () => onLost());
    client.on('notification', ({ payload }) => dispatch(payload ?? '', this.listeners));
    try {
      await client.connect();
      await client.query(`LISTEN ${CHANNEL}`);
      if (lost) return;
      if (this.closed) {
        await client.end();
        return;
      }
      this.client = client;
      this.listeners.newsForAll();
    } catch (error) {
      onLost(error as Error);
    }
  }

  private reconnect(client: Client, error?: Error): void {
    this.client = null;
    client.end().catch(() => undefined);
    if (this.closed) return;
    this.logger.warn('event bus connection failed', { err: error });
    this.retry = setTimeout(() => void this.listen(), RECONNECT_MS);
  }

  /** The same wake-up twice while one waits is one; deltas are all different. */
  private send(message: string): void {
    if (this.closed || this.waiting.size >= MAX_WAITING) return;
    this.waiting.add(message);
    if (!this.sending) void this.flush();
  }

  private async flush(): Promise<void> {
    this.sending = true;
    // One turn of the loop, so that wake-ups of the same moment share a transaction.
    await new Promise(setImmediate);
    while (this.waiting.size > 0) {
      const messages = [...this.waiting];
      this.waiting = new Set();
      await this.publisher.query('SELECT pg_notify($1, message) FROM unnest($2::text[]) AS message', [CHANNEL, messages]).catch(() => undefined);
    }
    this.sending = false;
  }
}
