import { metrics, reportFault } from '@app/telemetry';
import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { AppConfig, Logger, StopError } from '@app/common';
import { handlersByQueue } from './handler-check';
import type { JobHandler, JobOutcome } from './job-handler';
import { JobProducer } from './job-producer';
import { QueueBackend, type OpenWorker } from './queue-backend';
import { queueSpec, type QueueName } from './queue-catalog';

/** After the abort: time for handlers to hand over, before the process goes on without them. */
const HANDOVER_GRACE_MS = 7_000;

/** Gives the jobs of the served queues to their handlers. */
@Injectable()
export class QueueServer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly workers: OpenWorker[] = [];
  private readonly running = new Set<AbortController>();
  private readonly logger: Logger;
  private stopping: Promise<void> | null = null;

  constructor(
    private readonly backend: QueueBackend,
    private readonly producer: JobProducer,
    private readonly discovery: DiscoveryService,
    private readonly config: AppConfig,
    logger: Logger,
  ) {
    this.logger = logger.named('queue');
  }

  /** @throws {HandlerError} when a served queue has no handler, or two. */
  onApplicationBootstrap(): void {
    const instances = this.discovery.getProviders().map((wrapper) => wrapper.instance as unknown);
    const handlers = handlersByQueue(instances, this.config.worker.SERVE_QUEUES);
    for (const [queue, handler] of handlers) this.workers.push(this.serve(queue, handler));
    this.logger.info('serving queues', { queues: [...handlers.keys()], backend: this.backend.kind });
  }

  /** Jobs whose handler runs now. */
  get activeJobs(): number {
    return this.running.size;
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.stop();
  }

  /**
   * Takes nothing new, lets running jobs go on for `handoverMs`, then fires their signals and waits a little longer. Returns
   * within `handoverMs` plus seven seconds, whatever a handler does.
   */
  stop(handoverMs = this.config.worker.HANDOVER_MS): Promise<void> {
    this.stopping ??= this.drain(handoverMs);
    return this.stopping;
  }

  private async drain(handoverMs: number): Promise<void> {
    // BullMQ's close waits for running jobs without a limit, hence the two deadlines around it.
    const closed = Promise.all(this.workers.map((worker) => worker.close())).then(() => true);
    closed.catch((error: unknown) => this.logger.warn('a queue did not close cleanly', { err: error }));
    if (await within(closed, handoverMs)) return;
    this.logger.info('handing over running jobs', { jobs: this.running.size });
    for (const job of this.running) job.abort(new StopError('shutdown'));
    if (!(await within(closed, HANDOVER_GRACE_MS))) this.logger.error('jobs did not end in time; their leases will run out', { jobs: this.running.size });
  }

  private serve(queue: QueueName, handler: JobHandler<QueueName>): OpenWorker {
    const spec = queueSpec(queue);
    const options = {
      concurrency: spec.concurrency(this.config),
      maxStalledCount: spec.maxStalledCount,
      lockDuration: spec.lockMs,
      stalledInterval: spec.stalledCheckMs,
      // The library's 15 s would add to every recovery of the backend.
      runRetryDelay: 1_000,
    };
    const onError = (error: Error): void => this.logger.warn('queue worker failed', { queue, err: error });
    const worker = this.backend.serve(queue, (job) => this.run(queue, handler, { id: job.id ?? '', data: job.data as unknown }), options, onError);
    worker.on('failed', (job, error) => {
      reportFault(error, 'job', { queue, jobId: job?.id });
      this.logger.error('job failed', { queue, jobId: job?.id, err: error });
    });
    worker.on('stalled', (jobId) => this.logger.warn('job was given out again: its worker went silent', { queue, jobId }));
    worker.on('completed', (job, result) => {
      if (result === 'again') void this.producer.enqueue(queue, job.data as never);
    });
    return worker;
  }

  private async run(queue: QueueName, handler: JobHandler<QueueName>, job: { id: string; data: unknown }): Promise<JobOutcome> {
    const stop = new AbortController();
    this.running.add(stop);
    const began = performance.now();
    let outcome = 'failed';
    metrics.jobsRunning.change({ queue }, 1);
    try {
      const result = await handler.run(queue, job.data, { jobId: job.id, signal: stop.signal });
      outcome = 'ok';
      return result;
    } finally {
      this.running.delete(stop);
      metrics.jobsRunning.change({ queue }, -1);
      metrics.jobs.observe({ queue, outcome }, (performance.now() - began) / 1_000);
    }
  }
}

async function within(work: Promise<boolean>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => (timer = setTimeout(() => resolve(false), ms)));
  try {
    return await Promise.race([work.catch(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
