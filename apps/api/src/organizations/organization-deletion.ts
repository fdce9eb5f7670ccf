import { SUBSCRIPTION_EXISTS } from '@app/billing';
import { AppError, notFound } from '@app/common';
import { OrganizationRemoval, OrganizationStore, PERSONAL_ORGANIZATION, recordAudit, TASK_BUSY, UnitOfWork } from '@app/domain';
import { Injectable } from '@nestjs/common';
import type { Membership } from './access/organization.guard';

/** Ends a team for good. */
@Injectable()
export class OrganizationDeletion {
  constructor(
    private readonly organizations: OrganizationStore,
    private readonly removal: OrganizationRemoval,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** @throws {AppError} not_found, personal_organization, task_busy, subscription_exists */
  async delete({ organizationId }: Membership): Promise<void> {
    await this.unitOfWork.run(async (tx) => {
      const held = await this.organizations.lock(tx, organizationId);
      if (!held) throw notFound();
      if (held.kind === 'personal') throw new AppError(PERSONAL_ORGANIZATION, 'A personal organization goes with its account: DELETE /users/profile.');
      const running = await this.removal.liveTaskIds(tx, organizationId);
      if (running.length > 0) throw new AppError(TASK_BUSY, `${running.length} task(s) of this organization have not ended. Wait, or cancel them.`, { members: { taskIds: running.slice(0, 20) } });
      if (await this.removal.isPaidFor(tx, organizationId)) throw new AppError(SUBSCRIPTION_EXISTS, 'Cancel the subscription first, with effect now.');
      await this.removal.remove(tx, organizationId);
      await recordAudit(tx, { organizationId, action: 'organization.deleted', targetType: 'organization', targetId: organizationId, changes: { name: held.name } });
    });
  }
}
