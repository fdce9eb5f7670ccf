/** Why work was stopped; carried as the reason of its AbortSignal. */
export type StopCause = 'cancel' | 'pause' | 'lease_lost' | 'shutdown' | 'deadline';

/** The reason of every AbortSignal that we fire ourselves. */
export class StopError extends Error {
  constructor(
    readonly stopCause: StopCause,
    message = `stopped: ${stopCause}`,
  ) {
    super(message);
    this.name = 'StopError';
  }
}
