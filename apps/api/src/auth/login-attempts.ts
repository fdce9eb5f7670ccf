import { AppError, Clock, sha256 } from '@app/common';
import { LOCK_AFTER_FAILURES, LOCK_SECONDS } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { TOO_MANY_LOGIN_ATTEMPTS } from './auth.errors';

const MOST_REMEMBERED = 20_000;

interface Failures {
  count: number;
  until: number;
}

/**
 * Counts wrong passwords per address, of accounts that exist and of those that do not, so that being locked says nothing about which. In this
 * process only; the account's own count in the database holds for all of them.
 */
@Injectable()
export class LoginAttempts {
  private readonly failures = new Map<string, Failures>();

  constructor(private readonly clock: Clock) {}

  /** @throws {AppError} too_many_login_attempts */
  check(email: string): void {
    const known = this.failures.get(key(email));
    if (!known || known.count < LOCK_AFTER_FAILURES) return;
    const seconds = Math.ceil((known.until - this.clock.monotonicMs()) / 1000);
    if (seconds > 0) throw tooManyAttempts(seconds);
    this.failures.delete(key(email));
  }

  failed(email: string): void {
    const now = this.clock.monotonicMs();
    const known = this.failures.get(key(email));
    const count = known && known.until > now ? known.count + 1 : 1;
    this.failures.delete(key(email));
    this.failures.set(key(email), { count, until: now + LOCK_SECONDS * 1000 });
    // The oldest go first: a Map keeps the order in which keys were set.
    if (this.failures.size > MOST_REMEMBERED) this.failures.delete(this.failures.keys().next().value ?? '');
  }

  succeeded(email: string): void {
    this.failures.delete(key(email));
  }
}

export function tooManyAttempts(seconds: number): AppError {
  return new AppError(TOO_MANY_LOGIN_ATTEMPTS, 'Wait before you try again.', { headers: { 'Retry-After': String(seconds) } });
}

function key(email: string): string {
  return sha256(email.toLowerCase()).toString('base64');
}
