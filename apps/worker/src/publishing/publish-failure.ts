import type { PublishOutcome } from './publish-request';

/** Ends a publication; the patch is kept. The message is for the task's owner. */
export class PublishFailure extends Error {
  constructor(
    readonly code: Extract<PublishOutcome, { kind: 'failed' }>['code'],
    message: string,
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'PublishFailure';
  }
}
