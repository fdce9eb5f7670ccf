import { AppError, INTEGRATION_NOT_CONFIGURED, notFound, sha256 } from '@app/common';
import { OrganizationStore, UnitOfWork, UserStore } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { ProviderSessions } from '@app/accounts';
import { tokenRevoked } from '../auth.errors';
import { requireActive } from '../credentials/standing';
import { type SessionResponse, UserSummary } from '../dto/session.response';
import { SessionService } from '../session.service';
import { ClerkAccounts } from './clerk-accounts';
import { ClerkSettings } from './clerk-settings';
import { ClerkTokens } from './clerk-tokens';
import { impersonationForbidden } from './clerk.errors';

/** Opens our session for a session at Clerk. */
@Injectable()
export class ClerkSessionOpening {
  constructor(
    private readonly users: UserStore,
    private readonly organizations: OrganizationStore,
    private readonly sessions: SessionService,
    private readonly provider: ProviderSessions,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  async open(userId: string, clerkSessionId: string): Promise<SessionResponse> {
    const user = await this.users.find(userId);
    const organization = await this.organizations.defaultForUser(userId);
    if (!user || !organization) throw notFound();
    const { id, name, slug, role } = organization;
    const tokens = await this.unitOfWork.run(async (tx) => {
      const tokenVersion = await this.provider.signedIn(tx, userId);
      if (tokenVersion === null) throw tokenRevoked();
      const opened = await this.sessions.open(tx, { userId, organizationId: id, role, tokenVersion }, 'clerk');
      await this.provider.attach(tx, sha256(opened.refreshToken), clerkSessionId);
      return opened;
    });
    return { user: UserSummary.from(user), organization: { id, name, slug, role }, ...tokens };
  }
}

/** Exchanges a session token of Clerk for a session of ours, which ends with the one at Clerk. */
@Injectable()
export class ClerkSignIn {
  constructor(
    private readonly settings: ClerkSettings,
    private readonly tokens: ClerkTokens,
    private readonly accounts: ClerkAccounts,
    private readonly opening: ClerkSessionOpening,
  ) {}

  /** @throws {AppError} integration_not_configured, unauthenticated, token_expired, session_pending, impersonation_forbidden, account_link_required, account_suspended */
  async signIn(clerkToken: string): Promise<SessionResponse> {
    if (!this.settings.isConfigured) throw new AppError(INTEGRATION_NOT_CONFIGURED, 'Signing in with Clerk is not configured here.');
    const identity = await this.tokens.verify(clerkToken);
    if (identity.isImpersonated) throw impersonationForbidden();
    const standing = await this.accounts.standing(identity, null);
    requireActive(standing);
    return this.opening.open(standing.userId, identity.clerkSessionId);
  }
}
