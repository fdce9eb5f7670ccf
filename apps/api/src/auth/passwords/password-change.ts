import { AppError, FORBIDDEN, invalidField } from '@app/common';
import { recordAudit, type RefreshedSession, SessionStore, UnitOfWork, UserStore } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { invalidCredentials, tokenRevoked } from '../auth.errors';
import type { ChangePasswordDto } from '../dto/change-password.dto';
import { LoginAttempts } from '../login-attempts';
import { checkPassword } from './password-rules';
import { Passwords } from './passwords';

/** A new password ends every other session and voids every access token but those of the session it was made in. */
@Injectable()
export class PasswordChange {
  constructor(
    private readonly users: UserStore,
    private readonly sessions: SessionStore,
    private readonly attempts: LoginAttempts,
    private readonly passwords: Passwords,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** @throws {AppError} invalid_credentials, too_many_login_attempts, validation_failed; forbidden for an account without a password */
  async change(caller: RefreshedSession, { currentPassword, newPassword }: ChangePasswordDto): Promise<void> {
    const { email, passwordHash } = await this.accountOf(caller.userId);
    if (newPassword === currentPassword) throw invalidField('/newPassword', 'unchanged', 'must differ from the current one');
    checkPassword(newPassword, email, '/newPassword');
    await this.attempts.begin(email, () => this.users.findPassword(caller.userId));
    if (!(await this.passwords.matches(passwordHash, currentPassword))) {
      await this.attempts.failed({ id: caller.userId });
      throw invalidCredentials();
    }
    this.attempts.succeeded(email);
    await this.replace(caller, { oldHash: passwordHash, newHash: await this.passwords.hash(newPassword) });
  }

  private async accountOf(userId: string): Promise<{ email: string; passwordHash: string }> {
    const account = await this.users.findPassword(userId);
    if (!account) throw tokenRevoked();
    const { email, passwordHash } = account;
    // Whoever holds a session alone must not be able to add a second way in.
    if (passwordHash === null) throw new AppError(FORBIDDEN, 'This account has no password: an identity provider signs it in.');
    return { email, passwordHash };
  }

  private replace(caller: RefreshedSession, hashes: { oldHash: string; newHash: string }): Promise<void> {
    const { userId, sessionId } = caller;
    return this.unitOfWork.run(async (tx) => {
      if (!(await this.users.changePassword(tx, userId, hashes))) throw invalidCredentials();
      await this.sessions.trustOlderTokens(tx, caller);
      const ended = await this.sessions.revokeOthers(tx, { userId, sessionId }, 'password_change');
      await recordAudit(tx, { organizationId: null, action: 'user.password_changed', targetType: 'user', targetId: userId, changes: { sessionsRevoked: ended.length } });
    });
  }
}
