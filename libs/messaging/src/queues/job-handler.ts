import 'reflect-metadata';
import { SetMetadata } from '@nestjs/common';
import { withLogContext } from '@app/common';
import { readPayload } from './payload';
import type { PayloadOf, QueueName } from './queue-catalog';

const QUEUE_OF_HANDLER = 'async-coder:queue';

/** Names the queue that a handler class serves. */
export const HandlesQueue = (queue: QueueName): ClassDecorator => SetMetadata(QUEUE_OF_HANDLER, queue);

/** The queue in the class's `@HandlesQueue`, if it has one. */
export function queueOfHandler(handler: object): QueueName | undefined {
  return Reflect.getMetadata(QUEUE_OF_HANDLER, handler.constructor) as QueueName | undefined;
}

/** What a handler knows about its job beside the payload. */
export interface JobContext {
  readonly jobId: string;
  /** Fires with a `StopError` of cause `shutdown` when the process must end: hand the work over and return. */
  readonly signal: AbortSignal;
}

/**
 * "again" puts the job back as soon as it is over. A job cannot re-enqueue its own id while it runs: the queue would take it for
 * a double.
 */
export type JobOutcome = 'again' | void;

/** Base of every queue handler. A handler that throws loses its job, not its work: the row is still there for the sweeper. */
export abstract class JobHandler<Name extends QueueName> {
  /** The work; the payload is checked. At most ten lines: it calls what does it. */
  protected abstract handle(payload: PayloadOf<Name>, job: JobContext): Promise<JobOutcome>;

  /**
   * Checks the payload, then runs the handler with the job's id in every log line.
   * @throws {InvalidPayloadError}
   */
  run(queue: Name, data: unknown, job: JobContext): Promise<JobOutcome> {
    return withLogContext({ jobId: job.jobId }, async () => this.handle(readPayload(queue, data), job));
  }
}
