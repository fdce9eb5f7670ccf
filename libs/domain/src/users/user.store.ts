import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Tx } from '../unit-of-work';
import { User } from './user.entity';

export interface NewUser {
  readonly id: string;
  readonly email: string;
  readonly username: string;
  readonly displayName: string | null;
  readonly passwordHash: string;
  readonly defaultOrganizationId: string;
}

/** What a login has to know about an account. */
export interface LoginAccount {
  readonly id: string;
  readonly passwordHash: string | null;
  readonly status: User['status'];
  /** Seconds the account stays locked after too many wrong passwords; 0 when it is not. */
  readonly lockedSeconds: number;
}

/** Columns that a person changes in their own profile. */
export type ProfileChanges = Partial<
  Pick<User, 'displayName' | 'username' | 'firstName' | 'lastName' | 'bio' | 'location' | 'websiteUrl' | 'company' | 'timezone' | 'locale' | 'avatarUrl' | 'preferences'>
>;

/** Wrong passwords in a row that lock an account, and for how long: slow for a guesser, bearable for who forgot. */
export const LOCK_AFTER_FAILURES = 5;
export const LOCK_SECONDS = 15 * 60;

@Injectable()
export class UserStore {
  constructor(private readonly dataSource: DataSource) {}

  /** @throws on a taken e-mail address or username: unique indexes users_email_uq, users_username_uq. */
  async create(tx: Tx, user: NewUser): Promise<void> {
    await tx.query(
      `INSERT INTO users (id, email, username, display_name, password_hash, default_organization_id, last_login_at)
       VALUES ($1, $2, $3, $4, $5, $6, now())`,
      [user.id, user.email, user.username, user.displayName, user.passwordHash, user.defaultOrganizationId],
    );
  }

  find(userId: string): Promise<User | null> {
    return this.dataSource.manager.createQueryBuilder(User, 'account').where('account.id = :userId AND account.deletedAt IS NULL', { userId }).getOne();
  }

  async findForLogin(email: string): Promise<LoginAccount | null> {
    const rows = await this.dataSource.query<LoginAccount[]>(
      `SELECT id, password_hash AS "passwordHash", status,
              greatest(0, ceil(extract(epoch FROM locked_until - now())))::int AS "lockedSeconds"
         FROM users WHERE lower(email) = lower($1) AND deleted_at IS NULL`,
      [email],
    );
    const account = rows[0];
    return account ? { ...account, lockedSeconds: account.lockedSeconds ?? 0 } : null;
  }

  /** Counts a wrong password; the one that reaches the limit locks the account and starts the count anew. */
  async recordFailedLogin(userId: string): Promise<void> {
    await this.dataSource.query(
      `UPDATE users SET failed_login_count = CASE WHEN failed_login_count + 1 >= $2 THEN 0 ELSE failed_login_count + 1 END,
              locked_until = CASE WHEN failed_login_count + 1 >= $2 THEN now() + make_interval(secs => $3) ELSE locked_until END
        WHERE id = $1`,
      [userId, LOCK_AFTER_FAILURES, LOCK_SECONDS],
    );
  }

  async recordLogin(tx: Tx, userId: string): Promise<void> {
    await tx.query(`UPDATE users SET failed_login_count = 0, locked_until = NULL, last_login_at = now() WHERE id = $1`, [userId]);
  }

  /**
   * Changes the profile; null when the row version is no longer the expected one.
   * @throws on a taken username: unique index users_username_uq.
   */
  async updateProfile(tx: Tx, target: { userId: string; expectedVersion: number | null }, changes: ProfileChanges): Promise<User | null> {
    const query = tx.createQueryBuilder().update(User).set(changes as object).where('id = :userId AND deletedAt IS NULL', { userId: target.userId });
    if (target.expectedVersion !== null) query.andWhere('rowVersion = :version', { version: target.expectedVersion });
    const { affected } = await query.execute();
    if (affected !== 1) return null;
    return tx.createQueryBuilder(User, 'account').where('account.id = :userId', { userId: target.userId }).getOne();
  }
}
