import type { AttemptEnd, ClaimedAttempt } from '@app/domain';

/**
 * Where the work of a claimed attempt is done. The caller keeps the lease; `signal` fires when it must stop. Called twice for one claim, the work is
 * still done once.
 */
export abstract class AttemptLauncher {
  /** @throws whatever stopped it; a `StopError` lease_lost when another process has the attempt now. */
  abstract run(attempt: ClaimedAttempt, signal: AbortSignal): Promise<AttemptEnd>;
}
