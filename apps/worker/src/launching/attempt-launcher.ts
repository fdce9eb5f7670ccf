import { StopError } from '@app/common';
import type { AttemptEnd, ClaimedAttempt } from '@app/domain';

/**
 * Where the work of a claimed attempt is done. The caller keeps the lease; `signal` fires when it must stop. Called twice for one claim, the work is
 * still done once.
 */
export abstract class AttemptLauncher {
  /** @throws whatever stopped it; `TakenOver` when another process has the attempt now. */
  abstract run(attempt: ClaimedAttempt, signal: AbortSignal): Promise<AttemptEnd>;
}

/** The process that was launched has the attempt now, as it should: a lease that was passed on, not lost. */
export class TakenOver extends StopError {
  constructor(message: string) {
    super('lease_lost', message);
    this.name = 'TakenOver';
  }
}
