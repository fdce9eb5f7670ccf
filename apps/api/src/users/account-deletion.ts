import { AppError, invalidField, notFound } from '@app/common';
import { lastAdmin, LAST_OWNER, OrganizationStore, type Tx, UnitOfWork, UserAdminStore } from '@app/domain';
import { TaskEventBus } from '@app/messaging';
import { Injectable } from '@nestjs/common';
import { AccountErasure } from '@app/accounts';

/** Somebody ends their own account. */
@Injectable()
export class AccountDeletion {
  constructor(
    private readonly accounts: UserAdminStore,
    private readonly organizations: OrganizationStore,
    private readonly erasure: AccountErasure,
    private readonly unitOfWork: UnitOfWork,
    private readonly bus: TaskEventBus,
  ) {}

  /** @throws {AppError} validation_failed (not the username), last_owner (of a team with other members), last_admin (of the platform) */
  async delete(userId: string, confirm: string): Promise<void> {
    const erased = await this.unitOfWork.run(async (tx) => {
      await this.requireNotNeeded(tx, userId, confirm);
      return this.erasure.erase(tx, userId);
    });
    if (!erased) throw notFound();
    for (const taskId of erased.cancelledTaskIds) this.bus.publishNews(taskId);
  }

  private async requireNotNeeded(tx: Tx, userId: string, confirm: string): Promise<void> {
    // Teams before the account, as everywhere.
    const teams = await this.organizations.teamsThatNeed(tx, userId);
    const account = await this.accounts.lock(tx, userId);
    if (!account) throw notFound();
    if (account.username !== confirm) throw invalidField('/confirm', 'not_confirmed', 'must be your username');
    if (teams.length > 0) throw new AppError(LAST_OWNER, 'You are the only owner of a team with other members. Make another member an owner first, or delete the team.', { members: { organizationIds: teams.slice(0, 20) } });
    if (account.role === 'admin' && !(await this.accounts.hasOtherAdmin(tx, userId))) throw lastAdmin();
  }
}
