import { AppError, notFound } from '@app/common';
import { OrganizationStore, UnitOfWork, UserStore } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { ACCOUNT_SUSPENDED, invalidCredentials } from './auth.errors';
import { type SessionResponse, UserSummary } from './dto/session.response';
import { LoginAttempts } from './login-attempts';
import { Passwords } from './passwords/passwords';
import { SessionService } from './session.service';

/** Signing in with a password. */
@Injectable()
export class AuthService {
  constructor(
    private readonly users: UserStore,
    private readonly organizations: OrganizationStore,
    private readonly sessions: SessionService,
    private readonly attempts: LoginAttempts,
    private readonly passwords: Passwords,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** @throws {AppError} invalid_credentials, the same whether or not the account exists; too_many_login_attempts; account_suspended */
  async login(email: string, password: string): Promise<SessionResponse> {
    const account = await this.attempts.begin(email, () => this.users.findForLogin(email));
    const passwordHash = account?.passwordHash ?? null;
    if (!(await this.passwords.matches(passwordHash, password)) || !account || passwordHash === null) {
      await this.attempts.failed(account);
      throw invalidCredentials();
    }
    if (account.status !== 'active') throw new AppError(ACCOUNT_SUSPENDED, 'This account is suspended. Ask support.');
    const session = await this.open({ userId: account.id, passwordHash });
    this.attempts.succeeded(email);
    return session;
  }

  private async open({ userId, passwordHash }: { userId: string; passwordHash: string }): Promise<SessionResponse> {
    const user = await this.users.find(userId);
    const organization = await this.organizations.defaultForUser(userId);
    if (!user || !organization) throw notFound();
    const { id, name, slug, role } = organization;
    const tokens = await this.unitOfWork.run(async (tx) => {
      const recorded = await this.users.recordLogin(tx, userId, passwordHash);
      if (!recorded) throw invalidCredentials();
      return this.sessions.open(tx, { userId, organizationId: id, role, tokenVersion: recorded.tokenVersion });
    });
    return { user: UserSummary.from(user), organization: { id, name, slug, role }, ...tokens };
  }
}
