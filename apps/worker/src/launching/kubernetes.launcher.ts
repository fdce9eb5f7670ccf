import { AppConfig, AppError, Clock, Logger, StopError } from '@app/common';
import { RENEW_EVERY_MS, type AttemptEnd, type ClaimedAttempt } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { AttemptWork } from '../attempts/attempt-work';
import { SANDBOX_UNAVAILABLE } from '../sandbox/sandbox.errors';
import { attemptJob, jobName } from './attempt-job';
import { AttemptLauncher, TakenOver } from './attempt-launcher';
import { KubernetesApi } from './kubernetes-api';
import type { PodState } from './kubernetes-objects';

const LOOK_EVERY_MS = 2_000;
/** After a Job has ended the lease says within a renewal who has the attempt. */
const SETTLE_MS = RENEW_EVERY_MS * 2 + 2_000;

type Wait = 'stopped' | 'ended' | 'late';

/**
 * Makes a Job of each claimed attempt. This process keeps the lease until the Job's process takes the attempt over under the next fence; then it
 * has nothing to do with it any more, so it may end at any moment. A Job that does not come to that is removed.
 */
@Injectable()
export class KubernetesLauncher extends AttemptLauncher {
  private readonly logger: Logger;

  constructor(
    private readonly config: AppConfig,
    private readonly work: AttemptWork,
    private readonly api: KubernetesApi,
    private readonly clock: Clock,
    logger: Logger,
  ) {
    super();
    this.logger = logger.named('launcher');
  }

  async run(attempt: ClaimedAttempt, signal: AbortSignal): Promise<AttemptEnd> {
    const { ATTEMPT_JOB_ORGANIZATIONS: chosen } = this.config.launch;
    if (chosen.length > 0 && !chosen.includes(attempt.organizationId)) return this.work.run(attempt, signal);
    const name = jobName(attempt);
    await this.create(attempt, name);
    const wait = await this.waitForTakeover(name, signal);
    if (signal.aborted && isTakenOver(signal)) throw new TakenOver(`the Job ${name} has the attempt now`);
    const trouble = wait === 'stopped' ? null : await this.trouble(name, wait);
    await this.remove(name);
    signal.throwIfAborted();
    // No room in the cluster is no fault of the task: it waits in the queue as if all workers were busy.
    if (trouble === null) throw new StopError('shutdown', `the Job ${name} found no room in the cluster`);
    throw new AppError(SANDBOX_UNAVAILABLE, `The Job of this attempt did not start: ${trouble}`);
  }

  private async create(attempt: ClaimedAttempt, name: string): Promise<void> {
    const { launch } = this.config;
    try {
      const isNew = await this.api.createJob(attemptJob(attempt, await this.api.podTemplate(launch.ATTEMPT_JOB_TEMPLATE), launch));
      this.logger.info('made a Job of the attempt', { job: name, isNew });
    } catch (error) {
      // The answer may have been lost, not the request.
      await this.remove(name);
      throw new AppError(SANDBOX_UNAVAILABLE, 'The Job of this attempt could not be made.', { cause: error });
    }
  }

  private async waitForTakeover(name: string, signal: AbortSignal): Promise<Wait> {
    const end = this.clock.monotonicMs() + this.config.launch.ATTEMPT_JOB_START_SECONDS * 1_000;
    while (!signal.aborted && this.clock.monotonicMs() < end) {
      await this.pause(LOOK_EVERY_MS, signal);
      if (signal.aborted || !(await this.hasEnded(name))) continue;
      await this.pause(SETTLE_MS, signal);
      return signal.aborted ? 'stopped' : 'ended';
    }
    return signal.aborted ? 'stopped' : 'late';
  }

  /** A question that fails is asked again: the lease and the deadline bound the wait. */
  private async hasEnded(name: string): Promise<boolean> {
    try {
      const job = await this.api.job(name);
      return job === null || (job.status?.succeeded ?? 0) + (job.status?.failed ?? 0) > 0;
    } catch (error) {
      this.logger.warn('a Job could not be looked at', { job: name, err: error });
      return false;
    }
  }

  /** What kept the Job from the attempt; null: no node has room for it. */
  private async trouble(name: string, wait: Wait): Promise<string | null> {
    if (wait === 'ended') return 'its process ended before it had begun. See the log of its pod.';
    try {
      return sayTrouble(await this.api.pods(name));
    } catch (error) {
      return `and why could not be learnt: ${(error as Error).message}`;
    }
  }

  private async remove(name: string): Promise<void> {
    await this.api.deleteJob(name).catch((error: unknown) => this.logger.warn('a Job could not be removed; it will find its attempt gone', { job: name, err: error }));
  }

  private async pause(ms: number, signal: AbortSignal): Promise<void> {
    await this.clock.sleep(ms, signal).catch(() => undefined);
  }
}

function isTakenOver(signal: AbortSignal): boolean {
  return signal.reason instanceof StopError && signal.reason.stopCause === 'lease_lost';
}

/** What Kubernetes says of pods that do not run; null when all that is wrong is that there is no room. */
export function sayTrouble(pods: readonly PodState[]): string | null {
  const waiting = pods.flatMap(({ status }) => status?.containerStatuses ?? []).flatMap(({ state }) => (state?.waiting?.reason === undefined ? [] : [state.waiting]));
  const fault = waiting.find(({ reason }) => reason !== 'ContainerCreating' && reason !== 'PodInitializing');
  if (fault) return `${fault.reason}: ${(fault.message ?? 'no reason given').slice(0, 300)}`;
  const unscheduled = pods.flatMap(({ status }) => status?.conditions ?? []).find(({ type, status }) => type === 'PodScheduled' && status === 'False');
  if (unscheduled?.reason === 'Unschedulable') return null;
  return pods.length === 0 ? 'Kubernetes made no pod for it (a quota, or an admission rule).' : 'its pod was not ready in time.';
}
