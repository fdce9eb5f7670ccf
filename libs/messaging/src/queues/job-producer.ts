import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Logger } from '@app/common';
import { metrics } from '@app/telemetry';
import { JobBatcher, type PendingJob } from './job-batcher';
import { readPayload } from './payload';
import { QueueBackend, type OpenQueue } from './queue-backend';
import { QUEUE_NAMES, queueSpec, type PayloadOf, type QueueName } from './queue-catalog';
import type { JobUrgency } from './queue-spec';

const ADD_DEADLINE_MS = 5_000;

interface OpenedQueue {
  readonly queue: OpenQueue;
  readonly batcher: JobBatcher;
}

/** Puts work into the queues, after the row that is the work was committed. */
@Injectable()
export class JobProducer implements OnModuleInit, OnApplicationShutdown {
  private readonly opened = new Map<QueueName, OpenedQueue>();
  private readonly logger: Logger;

  constructor(
    private readonly backend: QueueBackend,
    logger: Logger,
  ) {
    this.logger = logger.named('queue');
  }

  async onModuleInit(): Promise<void> {
    await this.backend.prepare();
    for (const name of QUEUE_NAMES) this.opened.set(name, this.open(name));
  }

  /**
   * Adds a job whose id is the row's id. Doubles that wait are one job. A request does not wait for the result: when the queue is
   * away this logs and resolves to false, and the sweeper repeats it from the row.
   * @throws {InvalidPayloadError} at once, for a payload that breaks its queue's rules.
   */
  enqueue<Name extends QueueName>(queue: Name, payload: PayloadOf<Name>, urgency: JobUrgency = 'high'): Promise<boolean> {
    const spec = queueSpec(queue);
    const checked = readPayload(queue, payload);
    const opened = this.opened.get(queue);
    if (!opened) throw new Error(`queue "${queue}" is not open`);
    return opened.batcher.add({ id: spec.jobId(checked), data: { ...checked }, priority: spec.priorities[urgency] });
  }

  /** Jobs of a queue that wait and run, as the queue counts them; for metrics only. */
  async counts(queue: QueueName): Promise<Record<string, number>> {
    return (await this.opened.get(queue)?.queue.getJobCounts()) ?? {};
  }

  /** The open queues, for a page that shows them. */
  queues(): OpenQueue[] {
    return [...this.opened.values()].map(({ queue }) => queue);
  }

  /** In the last hook: what drains before it may still add jobs. */
  async onApplicationShutdown(): Promise<void> {
    await Promise.all([...this.opened.values()].map(({ batcher }) => batcher.idle()));
    await Promise.all([...this.opened.values()].map(({ queue }) => queue.close().catch(() => undefined)));
    this.opened.clear();
  }

  private open(name: QueueName): OpenedQueue {
    const spec = queueSpec(name);
    const queue = this.backend.open(name, (error) => this.logger.warn('queue connection failed', { queue: name, err: error }));
    const options = { attempts: spec.attempts, removeOnComplete: spec.removeOnComplete, removeOnFail: spec.removeOnFail };
    const add = (jobs: readonly PendingJob[]): Promise<unknown> =>
      queue.addBulk(jobs.map(({ id, data, priority }) => ({ name, data, opts: { ...options, jobId: id, priority } })));
    const onFailure = (error: Error, jobs: number): void => {
      metrics.enqueueFailures.add({ queue: name }, jobs);
      this.logger.warn('jobs were not added; the sweeper will', { queue: name, jobs, err: error });
    };
    return { queue, batcher: new JobBatcher({ add, onFailure, deadlineMs: ADD_DEADLINE_MS }) };
  }
}
