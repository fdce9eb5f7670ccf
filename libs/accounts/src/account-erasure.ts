import { OrganizationRemoval, recordAudit, sqlChange, sqlRow, sqlRows, TaskCommands, type Tx } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { GrantedAddresses } from './granted-addresses';
import { ERASURE_STEPS, LOCK_MEMBERSHIPS, LOCK_TEAMS, PASS_ON_TEAMS } from './erasure-sql';

export interface ErasedAccount {
  /** Tasks that were live: each has new rows, which `TaskEventBus.publishNews` tells after the commit. */
  readonly cancelledTaskIds: readonly string[];
}

/** Organizations that nobody else belongs to. */
const OWN_ORGANIZATIONS = `
SELECT o.id, o.kind FROM organizations o
 WHERE (o.kind = 'personal' AND o.owner_user_id = $1)
    OR (o.kind = 'team' AND o.deleted_at IS NULL AND o.id IN (SELECT organization_id FROM organization_members WHERE user_id = $1)
        AND NOT EXISTS (SELECT 1 FROM organization_members x WHERE x.organization_id = o.id AND x.user_id <> $1))
 ORDER BY o.id`;

const LIVE_TASKS = `SELECT t.id, t.organization_id FROM tasks t WHERE t.completed_at IS NULL AND (t.user_id = $1 OR t.organization_id = ANY($2::uuid[])) ORDER BY t.id`;

/**
 * Erases a person. The row of the user stays, for ledger and tasks point at it, and so does the provider's id, so that a late event or a
 * token still on its way makes no new account, and for a year a digest of the address, so that nobody gets a second sign-up grant; everything else that tells who it
 * was is blanked or deleted.
 */
@Injectable()
export class AccountErasure {
  constructor(
    private readonly tasks: TaskCommands,
    private readonly removal: OrganizationRemoval,
    private readonly granted: GrantedAddresses,
  ) {}

  /**
   * Erases the user in the caller's transaction; null: there is no such user, or it was erased before. Teams that the user owned alone pass
   * to the member who comes next in rank and time; one without other members is deleted. A caller that wants to refuse instead asks first.
   */
  async erase(tx: Tx, userId: string): Promise<ErasedAccount | null> {
    // Teams before the account, as everywhere.
    await sqlRows(tx, LOCK_TEAMS, [userId]);
    await sqlRows(tx, LOCK_MEMBERSHIPS, [userId]);
    const user = await sqlRow<{ email: string }>(tx, `SELECT email FROM users WHERE id = $1 AND deleted_at IS NULL FOR UPDATE`, [userId]);
    if (!user) return null;
    const own = await sqlRows<{ id: string; kind: 'personal' | 'team' }>(tx, OWN_ORGANIZATIONS, [userId]);
    const cancelledTaskIds = await this.cancelTasks(tx, userId, own.map(({ id }) => id));
    await sqlRows(tx, PASS_ON_TEAMS, [userId]);
    for (const { id, kind } of own) if (kind === 'team') await this.removal.remove(tx, id);
    await sqlRows(tx, `DELETE FROM organization_invitations WHERE lower(email) = lower($1) RETURNING id`, [user.email]);
    await this.granted.remember(tx, user.email);
    for (const step of ERASURE_STEPS) await sqlChange(tx, step, [userId]);
    await recordAudit(tx, { organizationId: own.find(({ kind }) => kind === 'personal')?.id ?? null, action: 'account.erased', targetType: 'user', targetId: userId, changes: { cancelledTasks: cancelledTaskIds.length } });
    return { cancelledTaskIds };
  }

  private async cancelTasks(tx: Tx, userId: string, organizationIds: readonly string[]): Promise<string[]> {
    const cancelled: string[] = [];
    for (const task of await sqlRows<{ id: string; organizationId: string }>(tx, LIVE_TASKS, [userId, organizationIds])) {
      if ((await this.tasks.requestCancel(tx, task)) !== 'ended') cancelled.push(task.id);
    }
    return cancelled;
  }
}
