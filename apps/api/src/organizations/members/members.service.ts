import { AppError, FORBIDDEN, notFound } from '@app/common';
import { lastOwner, type Member, OrganizationInvitationStore, OrganizationMemberStore, OrganizationStore, recordAudit, type Tx, UnitOfWork } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { hasRole, type OrganizationRole } from '../../auth/principal';
import type { Membership } from '../access/organization.guard';

/** A membership that is about to change, and who changes it, as both are under the organization's lock. */
interface Change {
  readonly organizationId: string;
  readonly callerRole: OrganizationRole;
  readonly isOwn: boolean;
  readonly member: Member;
}

/**
 * Roles of members, and their leaving. All of it holds the organization's row: of two owners who leave at once one stays. Admins change
 * everybody but owners; owners everybody, as long as one owner is left.
 */
@Injectable()
export class MembersService {
  constructor(
    private readonly organizations: OrganizationStore,
    private readonly members: OrganizationMemberStore,
    private readonly invitations: OrganizationInvitationStore,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** @throws {AppError} not_found, forbidden, last_owner, and what `check` throws for the version that is found */
  setRole(caller: Membership, userId: string, role: OrganizationRole, check: (member: Member) => void): Promise<Member> {
    const { organizationId } = caller;
    return this.unitOfWork.run(async (tx) => {
      const change = await this.begin(tx, caller, userId);
      check(change.member);
      await this.requireMayChange(tx, change, role);
      const from = change.member.role;
      if (from === role) return change.member;
      await this.members.setRole(tx, { organizationId, userId }, role);
      if (!hasRole(role, 'admin')) await this.invitations.revokeBySender(tx, organizationId, userId);
      await recordAudit(tx, { organizationId, action: 'member.role_changed', targetType: 'user', targetId: userId, changes: { role: { from, to: role } } });
      return (await this.members.find(tx, { organizationId, userId })) ?? change.member;
    });
  }

  /** Takes a member out, or lets the caller leave. @throws {AppError} not_found, forbidden, last_owner, and what `check` throws */
  async remove(caller: Membership, userId: string, check: (member: Member) => void): Promise<void> {
    const { organizationId } = caller;
    await this.unitOfWork.run(async (tx) => {
      const change = await this.begin(tx, caller, userId);
      check(change.member);
      await this.requireMayChange(tx, change, null);
      await this.members.remove(tx, { organizationId, userId });
      await this.invitations.revokeBySender(tx, organizationId, userId);
      const action = change.isOwn ? 'member.left' : 'member.removed';
      await recordAudit(tx, { organizationId, action, targetType: 'user', targetId: userId, changes: { role: change.member.role } });
    });
  }

  private async begin(tx: Tx, { organizationId, userId: callerId }: Membership, userId: string): Promise<Change> {
    if (!(await this.organizations.lock(tx, organizationId))) throw notFound();
    // What the guard saw may be over by now.
    const callerRole = await this.members.roleOf(tx, { organizationId, userId: callerId });
    const member = await this.members.find(tx, { organizationId, userId });
    if (callerRole === null || !member) throw notFound();
    return { organizationId, callerRole, isOwn: callerId === userId, member };
  }

  /** `role`: what the member becomes; null: none any more. */
  private async requireMayChange(tx: Tx, { organizationId, callerRole, isOwn, member }: Change, role: OrganizationRole | null): Promise<void> {
    const isLeaving = isOwn && role === null;
    if (!isLeaving && !hasRole(callerRole, 'admin')) throw new AppError(FORBIDDEN, 'Only an admin may do this; everybody may leave.');
    const needsOwner = member.role === 'owner' || role === 'owner';
    if (needsOwner && callerRole !== 'owner') throw new AppError(FORBIDDEN, 'Only an owner makes, changes or removes owners.');
    const losesOwner = member.role === 'owner' && role !== 'owner';
    if (losesOwner && !(await this.members.hasOtherOwner(tx, { organizationId, userId: member.userId }))) throw lastOwner();
  }
}
