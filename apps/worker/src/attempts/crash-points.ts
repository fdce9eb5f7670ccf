import { AppConfig } from '@app/common';
import { Injectable } from '@nestjs/common';

/** The named steps of an attempt at which a test may let the process die. */
export const CRASH_POINTS = [
  'claimed', 'workspace-ready', 'T2-before', 'T2-after', 'T3-before', 'T3-after', 'T4-before', 'T4-after',
  'review-before', 'review-after', 'summary-after',
  'results-before', 'results-after', 'push-before', 'push-after', 'check-run-before', 'pull-request-before', 'pull-request-after', 'check-run-after', 'finish-before', 'finish-after',
] as const;
export type CrashPoint = (typeof CRASH_POINTS)[number];

/** Kills the process at the step named by CRASH_AT, as a power cut would. Production refuses the setting. */
@Injectable()
export class CrashPoints {
  constructor(private readonly config: AppConfig) {}

  reach(point: CrashPoint): void {
    if (this.config.worker.CRASH_AT === point) process.kill(process.pid, 'SIGKILL');
  }
}
