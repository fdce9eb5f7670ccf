import { randomBytes } from 'node:crypto';
import { FreePlan } from '@app/billing';
import { hashPassword, newId } from '@app/common';
import { OrganizationStore, UnitOfWork, UserStore } from '@app/domain';
import { Injectable } from '@nestjs/common';
import type { RegisterDto } from './dto/register.dto';
import type { SessionResponse } from './dto/session.response';
import { checkPassword } from './passwords/password-rules';
import { type Origin, SessionService } from './session.service';

/** A new person: user, personal organization, credits and plan, first session, all or nothing. */
@Injectable()
export class Registration {
  constructor(
    private readonly users: UserStore,
    private readonly organizations: OrganizationStore,
    private readonly freePlan: FreePlan,
    private readonly sessions: SessionService,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** @throws {AppError} validation_failed for a poor password; email_taken and username_taken come from the database. */
  async register(dto: RegisterDto, origin: Origin): Promise<SessionResponse> {
    checkPassword(dto.password, dto.email);
    const passwordHash = await hashPassword(dto.password);
    const userId = newId();
    const username = dto.username ?? usernameFrom(dto.email);
    const displayName = dto.displayName ?? null;
    const organization = { id: newId(), name: displayName ?? username, slug: slugFrom(username), role: 'owner' as const };
    const tokens = await this.unitOfWork.run(async (tx) => {
      await this.users.create(tx, { id: userId, email: dto.email, username, displayName, passwordHash, defaultOrganizationId: organization.id });
      await this.organizations.createPersonal(tx, { ...organization, ownerUserId: userId });
      await this.freePlan.start(tx, { organizationId: organization.id, userId });
      return this.sessions.open(tx, { userId, organizationId: organization.id, role: 'owner', tokenVersion: 0 }, origin);
    });
    const user = { id: userId, email: dto.email, emailVerified: false, username, displayName, avatarUrl: null, role: 'user' as const };
    return { user, organization, ...tokens };
  }
}

/** The part before the @, made unique. */
function usernameFrom(email: string): string {
  const local = (email.split('@')[0] ?? '').replace(/[^A-Za-z0-9_.-]/g, '').replace(/^[^A-Za-z0-9]{1,320}/, '').slice(0, 50);
  return `${local || 'user'}-${randomBytes(4).toString('hex')}`;
}

/** Organization slugs are unique too, and narrower than usernames. */
function slugFrom(username: string): string {
  const words = username.toLowerCase().replace(/[^a-z0-9]{1,64}/g, '-').slice(0, 50);
  return `${words}-${randomBytes(4).toString('hex')}`;
}
