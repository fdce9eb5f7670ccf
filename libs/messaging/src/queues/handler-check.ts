import { JobHandler, queueOfHandler } from './job-handler';
import { QUEUE_NAMES, type QueueName } from './queue-catalog';

/** The process may not start: a queue would be served by nobody, or by two. */
export class HandlerError extends Error {
  constructor(readonly faults: readonly string[]) {
    super(`The queue handlers are not complete:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
    this.name = 'HandlerError';
  }
}

/**
 * The handlers of the queues this process serves.
 * @param instances everything that might be a handler
 * @param serve SERVE_QUEUES; empty: all queues
 * @throws {HandlerError} for an unknown name, and unless each served queue has exactly one handler.
 */
export function handlersByQueue(instances: readonly unknown[], serve: readonly string[]): Map<QueueName, JobHandler<QueueName>> {
  const isQueue = (name: string): name is QueueName => (QUEUE_NAMES as string[]).includes(name);
  const faults = serve.filter((name) => !isQueue(name)).map((name) => `SERVE_QUEUES names "${name}"; there are: ${QUEUE_NAMES.join(', ')}`);
  const handlers = new Map<QueueName, JobHandler<QueueName>>();
  for (const instance of new Set(instances)) {
    const queue = typeof instance === 'object' && instance !== null ? queueOfHandler(instance) : undefined;
    if (queue === undefined) continue;
    if (!(instance instanceof JobHandler)) faults.push(`${nameOf(instance)} has @HandlesQueue('${queue}') but does not extend JobHandler`);
    else if (!isQueue(queue)) faults.push(`${nameOf(instance)} handles the unknown queue "${String(queue)}"`);
    else if (handlers.has(queue)) faults.push(`queue "${queue}" has two handlers: ${nameOf(handlers.get(queue))} and ${nameOf(instance)}`);
    else handlers.set(queue, instance as JobHandler<QueueName>);
  }
  const served = serve.length === 0 ? QUEUE_NAMES : serve.filter(isQueue);
  for (const queue of served) if (!handlers.has(queue)) faults.push(`queue "${queue}" has no handler`);
  if (faults.length > 0) throw new HandlerError(faults);
  return new Map([...handlers].filter(([queue]) => served.includes(queue)));
}

function nameOf(instance: unknown): string {
  return (instance as object).constructor.name;
}
