import { GithubInstallationSyncStore, SWEEP_BATCH, SWEEP_EVERY_MS, UnitOfWork } from '@app/domain';
import { JobProducer } from '@app/messaging';
import { Injectable } from '@nestjs/common';
import { Sweeper } from '../maintenance/sweeper';

/** Asks for syncs of installations that nobody looked at for a day, and adds those that should have been taken by now. */
@Injectable()
export class InstallationSweeper extends Sweeper {
  readonly name = 'installations';
  readonly everyMs = SWEEP_EVERY_MS;

  constructor(
    private readonly work: UnitOfWork,
    private readonly syncs: GithubInstallationSyncStore,
    private readonly jobs: JobProducer,
  ) {
    super();
  }

  async run(): Promise<number> {
    await this.work.run((tx) => this.syncs.requestOld(tx, SWEEP_BATCH));
    const due = await this.work.run((tx) => this.syncs.due(tx, SWEEP_BATCH));
    const added = await Promise.all(due.map((installationRowId) => this.jobs.enqueue('installation-sync', { installationRowId })));
    return added.filter(Boolean).length;
  }
}
