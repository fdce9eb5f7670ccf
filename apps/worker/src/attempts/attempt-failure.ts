/** A reason to end the task as failed, in words for its owner. `code` becomes the task's `statusReason`. */
export class AttemptFailure extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly retryable = false,
  ) {
    super(message);
    this.name = 'AttemptFailure';
  }
}
