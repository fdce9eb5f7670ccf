import { Entitlements } from '@app/billing';
import { AppError, FORBIDDEN, notFound, sha256 } from '@app/common';
import { allowsEmail, type HeldInvitation, OrganizationInvitationStore, OrganizationMemberStore, OrganizationStore, recordAudit, type Tx } from '@app/domain';
import { Injectable } from '@nestjs/common';

/** Who accepts. */
export interface Invitee {
  readonly userId: string;
  readonly email: string;
}

/**
 * Joining by an invitation. Two things open the door together: the token, which is the secret, and an account with the address that was
 * invited, so that a token that was passed on lets nobody else in and nobody joins with the wrong account by mistake.
 */
@Injectable()
export class InvitationAcceptance {
  constructor(
    private readonly organizations: OrganizationStore,
    private readonly members: OrganizationMemberStore,
    private readonly invitations: OrganizationInvitationStore,
    private readonly entitlements: Entitlements,
  ) {}

  /**
   * Makes the user a member, once; a repeat changes nothing. Gives the organization's id.
   * @throws {AppError} not_found (unknown, expired, revoked, used up), forbidden (another address), plan_limit_members, organization_limit
   */
  async accept(tx: Tx, invitee: Invitee, token: string): Promise<string> {
    const hash = sha256(token);
    const organizationId = await this.invitations.organizationOfToken(tx, hash);
    const organization = organizationId === null ? null : await this.organizations.lock(tx, organizationId);
    const invitation = organization && (await this.invitations.lockByToken(tx, organization.id, hash));
    if (!organization || !invitation || invitation.state === 'over') throw notFound();
    if (invitation.email.toLowerCase() !== invitee.email.toLowerCase()) throw new AppError(FORBIDDEN, 'This invitation is for another e-mail address. Sign in with that account, or ask for a new invitation.');
    if (invitation.state === 'accepted') return this.repeat(tx, invitee, invitation);
    if (!allowsEmail(organization.settings, invitee.email)) throw new AppError(FORBIDDEN, "The organization's settings do not let addresses of this domain in.");
    await this.join(tx, invitee, invitation);
    return organization.id;
  }

  /** Who left since needs a new invitation. */
  private async repeat(tx: Tx, { userId }: Invitee, { organizationId }: HeldInvitation): Promise<string> {
    if ((await this.members.roleOf(tx, { organizationId, userId })) === null) throw notFound();
    return organizationId;
  }

  private async join(tx: Tx, { userId }: Invitee, { id, organizationId, role }: HeldInvitation): Promise<void> {
    await this.invitations.markAccepted(tx, organizationId, id);
    if ((await this.members.roleOf(tx, { organizationId, userId })) !== null) {
      await recordAudit(tx, { organizationId, action: 'invitation.accepted', targetType: 'invitation', targetId: id });
      return;
    }
    await this.members.assertOneMore(tx, userId);
    await this.entitlements.assertMemberMore(tx, organizationId);
    await this.members.add(tx, { organizationId, userId }, role);
    await recordAudit(tx, { organizationId, action: 'member.joined', targetType: 'user', targetId: userId, changes: { role, invitationId: id } });
  }
}
