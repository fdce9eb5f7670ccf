import { HandlesQueue, type JobContext, JobHandler } from '@app/messaging';
import { Injectable } from '@nestjs/common';
import { InstallationSync } from './installation-sync';

/** Syncs installations of the GitHub App. */
@Injectable()
@HandlesQueue('installation-sync')
export class InstallationSyncHandler extends JobHandler<'installation-sync'> {
  constructor(private readonly sync: InstallationSync) {
    super();
  }

  protected handle({ installationRowId }: { installationRowId: string }, { signal }: JobContext): Promise<void> {
    return this.sync.run(installationRowId, signal);
  }
}
