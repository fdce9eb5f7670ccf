import { Logger, newId, withLogContext } from '@app/common';
import { isDatabaseAway, LEASE_SECONDS, type AttemptEnd, type AttemptStore, type ClaimedAttempt, type ClaimResult, type Ended } from '@app/domain';
import { JobProducer, TaskEventBus, type JobOutcome } from '@app/messaging';
import { Injectable } from '@nestjs/common';
import { hostname } from 'node:os';
import { AttemptLauncher } from '../launching/attempt-launcher';
import { attemptEnded, attemptStopped, observeAttempt } from '../observing/observed-attempt';
import { endingOfError, type Ending } from './attempt-end';
import { CrashPoints } from './crash-points';
import { LeaseKeeper } from './lease-keeper';
import { RunnerRows } from './runner-rows';

/** Others may be faster; who loses so often leaves the rest to them. */
const MOST_CLAIMS = 16;
/** Between two tries to write an end while PostgreSQL is away. */
const WRITE_AGAIN_MS = 500;

/** Claims an attempt, keeps its lease while the work runs, and ends it. */
@Injectable()
export class AttemptRunner {
  private readonly workerId = `${hostname()}:${process.pid}`;

  constructor(
    private readonly rows: RunnerRows,
    private readonly work: AttemptLauncher,
    private readonly bus: TaskEventBus,
    private readonly jobs: JobProducer,
    private readonly crash: CrashPoints,
    private readonly logger: Logger,
  ) {}

  /** Runs an attempt to its end. An attempt that somebody else holds, or that is not due, is left alone. */
  async run(attemptId: string, shutdown: AbortSignal): Promise<JobOutcome> {
    if (shutdown.aborted) return 'again';
    const claim = await this.claimNext(attemptId);
    if (claim.kind === 'gone') return;
    if (claim.kind === 'concurrency_limit') return this.bus.publishNews(claim.taskId);
    this.crash.reach('claimed');
    const { attempt } = claim;
    this.bus.publishNews(attempt.taskId);
    const outcome = await this.runHeld(attempt, shutdown);
    if (outcome !== 'again' || attempt.attemptId === attemptId) return outcome;
    await this.jobs.enqueue('attempt', { attemptId: attempt.attemptId, turn: newId() });
  }

  /** Runs an attempt that this process holds to its end. 'again': it was given back and waits in the queue. */
  runHeld(attempt: ClaimedAttempt, shutdown: AbortSignal): Promise<JobOutcome> {
    return withLogContext({ taskId: attempt.taskId, attemptId: attempt.attemptId }, () => observeAttempt(attempt, () => this.runClaimed(attempt, shutdown)));
  }

  /**
   * The rows decide whose turn it is, so that an organization with many tasks does not keep others from their first. The attempt that the job was
   * for gets another one, if it has to wait.
   */
  private async claimNext(woken: string): Promise<ClaimResult> {
    const full: string[] = [];
    for (let tries = 0; tries < MOST_CLAIMS; tries++) {
      const next = await this.rows.attempts.fairest(this.rows.uow.reader, full);
      if (!next) break;
      const claim = await this.claim(next.attemptId);
      if (claim.kind === 'claimed' && next.attemptId !== woken) await this.jobs.enqueue('attempt', { attemptId: woken, turn: newId() });
      if (claim.kind === 'claimed') return claim;
      if (claim.kind === 'concurrency_limit') full.push(next.organizationId);
      if (claim.kind === 'concurrency_limit') this.bus.publishNews(claim.taskId);
    }
    return this.claim(woken);
  }

  private claim(attemptId: string): Promise<ClaimResult> {
    return this.rows.uow.run((tx) => this.rows.lifecycle.claim(tx, attemptId, this.workerId));
  }

  private async runClaimed(attempt: ClaimedAttempt, shutdown: AbortSignal): Promise<JobOutcome> {
    const logger = this.logger.named('attempt');
    const { uow, attempts, clock } = this.rows;
    const heartbeat = (): ReturnType<AttemptStore['heartbeat']> => uow.run((tx) => attempts.heartbeat(tx, attempt));
    const keeper = new LeaseKeeper(attempt, shutdown, { heartbeat, bus: this.bus, clock, logger });
    try {
      logger.info('attempt claimed', { number: attempt.number, cause: attempt.cause, stage: attempt.stage, fence: attempt.fence.toString() });
      await this.releaseLostCall(attempt);
      const end = (await this.candidateRound(attempt)) ?? (await this.work.run(attempt, keeper.signal));
      return await this.finish(attempt, { kind: 'end', end });
    } catch (error) {
      const ending = endingOfError(error);
      attemptStopped(error, ending);
      logger.warn('attempt stopped', { ending: describe(ending), err: error });
      // If this cannot be written either, the lease passes and the sweeper decides.
      return await this.finish(attempt, ending).catch((late: unknown) => logger.warn('the end could not be written', { err: late }));
    } finally {
      keeper.release();
    }
  }

  /** A task with candidates is left to them. Null: it has none, or has chosen one. */
  private async candidateRound(attempt: ClaimedAttempt): Promise<AttemptEnd | null> {
    const round = await this.rows.uow.run((tx) => this.rows.candidates.begin(tx, attempt));
    if (round) await Promise.all(round.enqueue.map((attemptId) => this.jobs.enqueue('attempt', { attemptId }, round.priority)));
    return round?.end ?? null;
  }

  /** A hold of a call whose worker died is a lost call: nothing was reported as used. */
  private releaseLostCall(attempt: ClaimedAttempt): Promise<void> {
    return this.rows.uow.run(async (tx) => {
      await this.rows.attempts.fence(tx, attempt);
      await this.rows.ledger.releaseOpenHolds(tx, attempt.attemptId);
    });
  }

  private async finish(attempt: ClaimedAttempt, ending: Ending): Promise<JobOutcome> {
    if (ending.kind === 'leave') return;
    this.crash.reach('finish-before');
    const ended = await this.writeOnceItIsThere(attempt, ending);
    this.crash.reach('finish-after');
    attemptEnded(attempt, ended);
    this.bus.publishNews(attempt.taskId);
    this.logger.named('attempt').info('attempt ended', { status: ended.status, reason: ended.reason });
    if (ended.wake !== null) await this.jobs.enqueue('attempt', { attemptId: ended.wake, turn: newId() });
    return ended.status === 'queued' && ended.reason === null ? 'again' : undefined;
  }

  /** A PostgreSQL that falls over is back in seconds: while the lease may be ours, its end is tried again. The fence refuses what was written after all. */
  private async writeOnceItIsThere(attempt: ClaimedAttempt, ending: Exclude<Ending, { kind: 'leave' }>): Promise<Ended> {
    const { clock } = this.rows;
    for (const until = clock.monotonicMs() + LEASE_SECONDS * 1_000; ; await clock.sleep(WRITE_AGAIN_MS)) {
      try {
        return await this.write(attempt, ending);
      } catch (error) {
        if (!isDatabaseAway(error) || clock.monotonicMs() > until) throw error;
      }
    }
  }

  private write(attempt: ClaimedAttempt, ending: Exclude<Ending, { kind: 'leave' }>): Promise<Ended> {
    const { uow, lifecycle, ledger } = this.rows;
    const closeHolds = ledger.releaseOpenHolds.bind(ledger);
    return uow.run((tx) => (ending.kind === 'end' ? lifecycle.finish(tx, attempt, ending.end, closeHolds) : lifecycle.handOver(tx, attempt, ending.handOver, closeHolds)));
  }
}

function describe(ending: Ending): string {
  if (ending.kind === 'leave') return ending.why;
  return ending.kind === 'hand_over' ? `handed over: ${ending.handOver.reason ?? 'shutdown'}` : sayEnd(ending.end);
}

function sayEnd(end: AttemptEnd): string {
  return end.kind === 'failed' ? `failed: ${end.code}` : end.kind;
}
