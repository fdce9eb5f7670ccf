import { metrics } from '../metrics/metrics';
import { type ErrorTracker, type FaultContext, NoErrorTracker } from './error-tracker';

let tracker: ErrorTracker = new NoErrorTracker();

/** The tracker of this process; set once, when it starts. */
export function useErrorTracker(opened: ErrorTracker): void {
  tracker = opened;
}

/** Counts a fault of ours and tells the process's tracker, from wherever it is noticed. Whoever calls it also writes the log. */
export function reportFault(error: unknown, where: string, context?: FaultContext): void {
  metrics.errors.add({ where });
  tracker.capture(error, where, context);
}
