import { AppError, Clock, sha256 } from '@app/common';
import { LOCK_AFTER_FAILURES, LOCK_SECONDS, recordAudit, UnitOfWork, UserStore } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { TOO_MANY_LOGIN_ATTEMPTS } from './auth.errors';

const MOST_REMEMBERED = 20_000;
/** No user has it; statements about it cost what they cost for somebody. */
const NOBODY = '00000000-0000-0000-0000-000000000000';

interface Attempts {
  count: number;
  until: number;
}

/** What is known of the account whose password is being tried. */
interface TriedAccount {
  readonly id: string;
  readonly lockedSeconds: number;
}

/**
 * Bounds guessing at a password. Each try is counted before the password is looked at, so parallel tries are no more guesses than a row of them.
 * Addresses of accounts that do not exist are counted too, so that being locked says nothing about which do: those in this process, as there is
 * no row to count in; the account's own count in the database holds for all processes.
 */
@Injectable()
export class LoginAttempts {
  private readonly attempts = new Map<string, Attempts>();

  constructor(
    private readonly clock: Clock,
    private readonly users: UserStore,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** Counts a try, and gives the account that it is at; null: there is none. @throws {AppError} too_many_login_attempts */
  async begin<Account extends TriedAccount>(email: string, find: () => Promise<Account | null>): Promise<Account | null> {
    this.count(key(email));
    const account = await find();
    if (account && account.lockedSeconds > 0) throw tooManyAttempts(account.lockedSeconds);
    const isLetIn = await this.users.beginAttempt(account?.id ?? NOBODY);
    if (account && !isLetIn) throw tooManyAttempts(LOCK_SECONDS);
    return account;
  }

  /** Leaves a trace where there is an account, and takes a transaction where there is none. */
  async failed(account: Pick<TriedAccount, 'id'> | null): Promise<void> {
    await this.unitOfWork.run(async (tx) => {
      if (account) await recordAudit(tx, { organizationId: null, action: 'user.sign_in_failed', targetType: 'user', targetId: account.id });
      else await tx.query('SELECT 1');
    });
  }

  /** The account's own count ends with the sign-in's transaction. */
  succeeded(email: string): void {
    this.attempts.delete(key(email));
  }

  private count(address: string): void {
    const now = this.clock.monotonicMs();
    const known = this.attempts.get(address);
    const count = known && known.until > now ? known.count : 0;
    if (known && count >= LOCK_AFTER_FAILURES) throw tooManyAttempts(Math.ceil((known.until - now) / 1000));
    this.attempts.delete(address);
    this.attempts.set(address, { count: count + 1, until: now + LOCK_SECONDS * 1000 });
    // The oldest go first: a Map keeps the order in which keys were set.
    if (this.attempts.size > MOST_REMEMBERED) this.attempts.delete(this.attempts.keys().next().value ?? '');
  }
}

function tooManyAttempts(seconds: number): AppError {
  return new AppError(TOO_MANY_LOGIN_ATTEMPTS, 'Wait before you try again.', { headers: { 'Retry-After': String(seconds) } });
}

function key(email: string): string {
  return sha256(email.toLowerCase()).toString('base64');
}
