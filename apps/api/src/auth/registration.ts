import { hashPassword } from '@app/common';
import { UnitOfWork } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { InvitationAcceptance } from '../organizations/invitations/invitation-acceptance';
import { AccountOpening } from '@app/accounts';
import type { RegisterDto } from './dto/register.dto';
import type { SessionResponse } from './dto/session.response';
import { checkPassword } from './passwords/password-rules';
import { SessionService } from './session.service';

/** A new person: account, the organization they were invited to, first session, all or nothing. */
@Injectable()
export class Registration {
  constructor(
    private readonly accounts: AccountOpening,
    private readonly invitations: InvitationAcceptance,
    private readonly sessions: SessionService,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /**
   * @throws {AppError} validation_failed for a poor password, and what `InvitationAcceptance.accept` throws; email_taken and username_taken come
   * from the database
   */
  async register(dto: RegisterDto): Promise<SessionResponse> {
    checkPassword(dto.password, dto.email);
    const passwordHash = await hashPassword(dto.password);
    const { email, username, displayName = null, inviteToken } = dto;
    const { account, tokens } = await this.unitOfWork.run(async (tx) => {
      const account = await this.accounts.open(tx, { email, username, displayName, passwordHash });
      const { userId, organizationId } = account;
      if (inviteToken) await this.invitations.accept(tx, { userId, email }, inviteToken);
      return { account, tokens: await this.sessions.open(tx, { userId, organizationId, role: 'owner', tokenVersion: 0 }) };
    });
    const user = { id: account.userId, email, emailVerified: false, username: account.username, displayName, avatarUrl: null, role: 'user' as const };
    return { user, organization: { ...account.organization, role: 'owner' }, ...tokens };
  }
}
