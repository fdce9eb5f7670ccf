import { notFound } from '@app/common';
import { GithubInstallationStore, recordAudit, type RequestedSync, UnitOfWork } from '@app/domain';
import { JobProducer } from '@app/messaging';
import { Injectable } from '@nestjs/common';
import type { Principal } from '../auth/principal';

/** Asks for syncs of installations. */
@Injectable()
export class RepositorySync {
  constructor(
    private readonly installations: GithubInstallationStore,
    private readonly unitOfWork: UnitOfWork,
    private readonly jobs: JobProducer,
  ) {}

  /** @throws {AppError} not_found for an installation that is not the organization's */
  async request({ organizationId }: Principal, installationId: string | null): Promise<RequestedSync[]> {
    const requested = await this.unitOfWork.run(async (tx) => {
      const rows = await this.installations.requestSync(tx, organizationId, installationId);
      if (installationId !== null && rows.length === 0) throw notFound();
      for (const { id } of rows) await recordAudit(tx, { organizationId, action: 'github_installation.sync_requested', targetType: 'github_installation', targetId: id });
      return rows;
    });
    for (const { id } of requested) void this.jobs.enqueue('installation-sync', { installationRowId: id });
    return requested;
  }
}
