import { Entitlements, PLAN_LIMIT_MEMBERS } from '@app/billing';
import { AppError, invalidField, newId, notFound, randomToken, sha256 } from '@app/common';
import { allowsEmail, type HeldOrganization, OrganizationInvitationStore, OrganizationMemberStore, OrganizationStore, PERSONAL_ORGANIZATION, recordAudit, type Tx, UnitOfWork } from '@app/domain';
import { Injectable } from '@nestjs/common';
import type { IdempotentCall } from '../../http/idempotency/idempotent-call';
import type { Membership } from '../access/organization.guard';
import { locationOf } from '../organizations.service';
import { type CreatedInvitationResponse, type CreateInvitationDto, InvitationResponse } from './invitation.dto';

const VALID_DAYS = 7;
/** So that a plan without a limit cannot fill the table. */
const MOST_OPEN = 500;
/** Tells people, and scanners of leaked secrets, what it is. */
const TOKEN_PREFIX = 'ac_inv_';

/** Inviting people to a team. */
@Injectable()
export class InvitationsService {
  constructor(
    private readonly organizations: OrganizationStore,
    private readonly members: OrganizationMemberStore,
    private readonly invitations: OrganizationInvitationStore,
    private readonly entitlements: Entitlements,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /**
   * Takes the place of an open invitation to the same address, whose token stops working.
   * @throws {AppError} not_found, personal_organization, validation_failed (a member already, a domain that is not allowed), plan_limit_members
   */
  create({ organizationId, userId }: Membership, dto: CreateInvitationDto, call: IdempotentCall | null): Promise<CreatedInvitationResponse> {
    const { email, role } = dto;
    const token = `${TOKEN_PREFIX}${randomToken()}`;
    const id = newId();
    return this.unitOfWork.run(async (tx) => {
      const organization = await this.organizations.lock(tx, organizationId);
      if (!organization) throw notFound();
      await this.requireMayBeInvited(tx, organization, email);
      const row = await this.invitations.create(tx, { id, organizationId, email, role, tokenHash: sha256(token), invitedByUserId: userId, days: VALID_DAYS });
      await recordAudit(tx, { organizationId, action: 'invitation.created', targetType: 'invitation', targetId: id, changes: { email, role } });
      const shown = { ...InvitationResponse.from(row), token };
      await call?.complete(tx, { status: 201, body: shown, headers: { Location: invitationLocation(organizationId, id) } });
      return shown;
    });
  }

  /** @throws {AppError} not_found: there is no open one of this id */
  async revoke({ organizationId }: Membership, id: string): Promise<void> {
    await this.unitOfWork.run(async (tx) => {
      if (!(await this.organizations.lock(tx, organizationId))) throw notFound();
      if (!(await this.invitations.revoke(tx, organizationId, id))) throw notFound();
      await recordAudit(tx, { organizationId, action: 'invitation.revoked', targetType: 'invitation', targetId: id });
    });
  }

  private async requireMayBeInvited(tx: Tx, { id, kind, settings }: HeldOrganization, email: string): Promise<void> {
    if (kind === 'personal') throw new AppError(PERSONAL_ORGANIZATION, 'Nobody can join a personal organization. Create a team: POST /organizations.');
    if (!allowsEmail(settings, email)) throw invalidField('/email', 'not_allowed', "is of a domain that the organization's settings do not let in");
    if (await this.members.hasEmail(tx, id, email)) throw invalidField('/email', 'already_member', 'belongs to a member');
    const open = await this.invitations.countOpen(tx, id, email);
    if (open >= MOST_OPEN) throw new AppError(PLAN_LIMIT_MEMBERS, `At most ${MOST_OPEN} invitations are open at once; revoke some first.`, { members: { limit: MOST_OPEN } });
    await this.entitlements.assertMemberMore(tx, id, open);
  }
}

export function invitationLocation(organizationId: string, id: string): string {
  return `${locationOf(organizationId)}/invitations/${id}`;
}
