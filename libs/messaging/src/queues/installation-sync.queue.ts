import { IsUUID } from 'class-validator';
import { type QueueSpec, ROW_JOBS } from './queue-spec';

/** Sync this installation of the GitHub App; the id is our row's. */
export class InstallationSyncPayload {
  @IsUUID()
  installationRowId!: string;
}

export const INSTALLATION_SYNC_QUEUE: QueueSpec<InstallationSyncPayload> = {
  ...ROW_JOBS,
  payload: InstallationSyncPayload,
  jobId: (payload) => payload.installationRowId,
  concurrency: () => 2,
  lockMs: 60_000,
  stalledCheckMs: 30_000,
};
