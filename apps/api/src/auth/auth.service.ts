import { AppError, NOBODYS_PASSWORD_HASH, notFound, verifyPassword } from '@app/common';
import { type LoginAccount, OrganizationStore, UnitOfWork, UserStore } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { ACCOUNT_SUSPENDED, INVALID_CREDENTIALS, unauthorized } from './auth.errors';
import { type SessionResponse, UserSummary } from './dto/session.response';
import { LoginAttempts, tooManyAttempts } from './login-attempts';
import { type Origin, SessionService } from './session.service';

/** Signing in with a password. */
@Injectable()
export class AuthService {
  constructor(
    private readonly users: UserStore,
    private readonly organizations: OrganizationStore,
    private readonly sessions: SessionService,
    private readonly attempts: LoginAttempts,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** @throws {AppError} invalid_credentials, the same whether or not the account exists; too_many_login_attempts; account_suspended */
  async login(email: string, password: string, origin: Origin): Promise<SessionResponse> {
    this.attempts.check(email);
    const account = await this.users.findForLogin(email);
    if (account && account.lockedSeconds > 0) throw tooManyAttempts(account.lockedSeconds);
    if (!(await isPasswordOf(account, password)) || !account) {
      this.attempts.failed(email);
      if (account) await this.users.recordFailedLogin(account.id);
      throw unauthorized(INVALID_CREDENTIALS, 'The e-mail address or the password is wrong.');
    }
    if (account.status !== 'active') throw new AppError(ACCOUNT_SUSPENDED, 'This account is suspended. Ask support.');
    this.attempts.succeeded(email);
    return this.open(account.id, origin);
  }

  private async open(userId: string, origin: Origin): Promise<SessionResponse> {
    const user = await this.users.find(userId);
    const organization = await this.organizations.defaultForUser(userId);
    if (!user || !organization) throw notFound();
    const owner = { userId, organizationId: organization.id, role: organization.role, tokenVersion: user.tokenVersion };
    const tokens = await this.unitOfWork.run(async (tx) => {
      await this.users.recordLogin(tx, userId);
      return this.sessions.open(tx, owner, origin);
    });
    const { id, name, slug, role } = organization;
    return { user: UserSummary.from(user), organization: { id, name, slug, role }, ...tokens };
  }
}

/** Takes as long for nobody as for somebody. */
async function isPasswordOf(account: LoginAccount | null, password: string): Promise<boolean> {
  const matches = await verifyPassword(account?.passwordHash ?? (await NOBODYS_PASSWORD_HASH), password);
  return matches && typeof account?.passwordHash === 'string';
}
