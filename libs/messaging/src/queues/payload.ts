import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { queueSpec, type PayloadOf, type QueueName } from './queue-catalog';

/** A payload that does not fit its queue: a fault in our own code, or somebody else writes into the queue. */
export class InvalidPayloadError extends Error {
  constructor(queue: string, faults: readonly string[]) {
    super(`payload of queue "${queue}" is not valid: ${faults.join('; ')}`);
    this.name = 'InvalidPayloadError';
  }
}

/**
 * The payload as its class, with every rule checked and unknown fields refused. Producer and handler both call it.
 * @throws {InvalidPayloadError}
 */
export function readPayload<Name extends QueueName>(queue: Name, data: unknown): PayloadOf<Name> {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) throw new InvalidPayloadError(queue, ['not an object']);
  const payload = plainToInstance(queueSpec(queue).payload, data);
  const faults = validateSync(payload, { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: true });
  if (faults.length > 0) throw new InvalidPayloadError(queue, faults.flatMap((fault) => Object.values(fault.constraints ?? { [fault.property]: `${fault.property} is wrong` })));
  return payload;
}
