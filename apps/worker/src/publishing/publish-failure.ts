import type { AppError } from '@app/common';
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

/** Whether a forge let us in no more, or only did not do it. */
export function codeOfRefusal({ code }: Pick<AppError, 'code'>): 'integration_not_connected' | 'push_failed' {
  return code.startsWith('integration_') ? 'integration_not_connected' : 'push_failed';
}
