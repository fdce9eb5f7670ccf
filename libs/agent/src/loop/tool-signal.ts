import { StopError } from '@app/common';

/** How long a tool may go on when the task was paused; what it did is recorded then. */
const PAUSE_GRACE_MS = 15_000;

/** The run's signal as tools see it: a pause lets the running one finish, everything else ends it at once. */
export function toolSignal(signal: AbortSignal, graceMs = PAUSE_GRACE_MS): { readonly signal: AbortSignal; dispose(): void } {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const stop = (): void => {
    const reason: unknown = signal.reason;
    if (reason instanceof StopError && reason.stopCause === 'pause') timer = setTimeout(() => controller.abort(reason), graceMs);
    else controller.abort(reason);
  };
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop, { once: true });
  return {
    signal: controller.signal,
    dispose: () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    },
  };
}
