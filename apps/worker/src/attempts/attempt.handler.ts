import { HandlesQueue, JobHandler, type JobContext, type JobOutcome } from '@app/messaging';
import { Injectable } from '@nestjs/common';
import { SandboxProbe } from '../sandbox/sandbox-probe';
import { AttemptRunner } from './attempt-runner';

/** Runs the attempts that the queue delivers. Without a sandbox it takes none: the rows wait for a worker that has one. */
@Injectable()
@HandlesQueue('attempt')
export class AttemptHandler extends JobHandler<'attempt'> {
  constructor(
    private readonly runner: AttemptRunner,
    private readonly sandbox: SandboxProbe,
  ) {
    super();
  }

  protected async handle({ attemptId }: { attemptId: string }, job: JobContext): Promise<JobOutcome> {
    const sandbox = await this.sandbox.check();
    return sandbox.available ? this.runner.run(attemptId, job.signal) : undefined;
  }
}
