import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { OrganizationMember } from '../organizations/organization-member.entity';
import { sqlChange, sqlRow } from '../sql';
import type { Tx } from '../unit-of-work';
import { User } from './user.entity';

export interface NewUser {
  readonly id: string;
  readonly email: string;
  readonly username: string;
  readonly displayName: string | null;
  /** Null: an identity provider lets the person in. */
  readonly passwordHash: string | null;
  readonly defaultOrganizationId: string;
  /** What an identity provider says about the person; absent: they signed up here. */
  readonly vouched?: VouchedColumns;
}

export interface VouchedColumns extends Pick<User, 'firstName' | 'lastName' | 'avatarUrl'> {
  readonly clerkId: string;
  readonly clerkUpdatedAt: Date;
  readonly emailVerified: boolean;
}

const NOT_VOUCHED = { clerkId: null, clerkUpdatedAt: null, emailVerified: false, firstName: null, lastName: null, avatarUrl: null };

/** What a login has to know about an account. */
export interface LoginAccount {
  readonly id: string;
  readonly passwordHash: string | null;
  readonly status: User['status'];
  /** Seconds the account stays locked after too many wrong passwords; 0 when it is not. */
  readonly lockedSeconds: number;
}

export interface AccountPassword {
  readonly id: string;
  readonly email: string;
  /** Null: an identity provider lets the person in. */
  readonly passwordHash: string | null;
  readonly lockedSeconds: number;
}

/** What an account is worth now, in the organization that was asked for. */
export interface UserStanding {
  readonly userId: string;
  readonly userStatus: User['status'];
  readonly platformRole: User['role'];
  readonly tokenVersion: number;
  /** Null when the user is no member of that organization. */
  readonly organizationId: string | null;
  readonly role: OrganizationMember['role'] | null;
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
    const vouched = user.vouched ?? NOT_VOUCHED;
    await tx.query(
      `INSERT INTO users (id, email, username, display_name, password_hash, default_organization_id, last_login_at,
                          clerk_id, clerk_updated_at, email_verified_at, first_name, last_name, avatar_url)
       VALUES ($1, $2, $3, $4, $5, $6, CASE WHEN $7::text IS NULL THEN now() END, $7, $8, CASE WHEN $9 THEN now() END, $10, $11, $12)`,
      [
        user.id, user.email, user.username, user.displayName, user.passwordHash, user.defaultOrganizationId,
        vouched.clerkId, vouched.clerkUpdatedAt, vouched.emailVerified, vouched.firstName, vouched.lastName, vouched.avatarUrl,
      ],
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

  /**
   * Counts an attempt before its password is looked at, so that a thousand at once are no more guesses than a thousand in a row. The one that
   * reaches the limit locks the account; a success afterwards unlocks it. Changes nothing for an id that does not exist. Returns whether it was let in.
   */
  async beginAttempt(userId: string): Promise<boolean> {
    const changed = await sqlChange(
      this.dataSource.manager,
      `UPDATE users SET failed_login_count = CASE WHEN failed_login_count + 1 >= $2 THEN 0 ELSE failed_login_count + 1 END,
              locked_until = CASE WHEN failed_login_count + 1 >= $2 THEN now() + make_interval(secs => $3) END
        WHERE id = $1 AND (locked_until IS NULL OR locked_until <= now())`,
      [userId, LOCK_AFTER_FAILURES, LOCK_SECONDS],
    );
    return changed === 1;
  }

  /**
   * Ends the count of attempts. With the password's hash given, only while it is still that one: nobody signs in with a password that was changed a
   * moment ago. Null: it is no longer, or the account is not active.
   */
  async recordLogin(tx: Tx, userId: string, passwordHash: string | null = null): Promise<{ readonly tokenVersion: number } | null> {
    return sqlRow(
      tx,
      `UPDATE users SET failed_login_count = 0, locked_until = NULL, last_login_at = now()
        WHERE id = $1 AND status = 'active' AND ($2::text IS NULL OR password_hash = $2) RETURNING token_version`,
      [userId, passwordHash],
    );
  }

  /** What a password change has to know. */
  findPassword(userId: string): Promise<AccountPassword | null> {
    return sqlRow(
      this.dataSource.manager,
      `SELECT id, email, password_hash, greatest(0, ceil(extract(epoch FROM coalesce(locked_until, now()) - now())))::int AS locked_seconds FROM users WHERE id = $1 AND status = 'active'`,
      [userId],
    );
  }

  /** Sets a new password in place of the one with this hash and voids every access token made before. False: the password is another one by now. */
  async changePassword(tx: Tx, userId: string, passwords: { readonly oldHash: string; readonly newHash: string }): Promise<boolean> {
    const changed = await sqlChange(
      tx,
      `UPDATE users SET password_hash = $3, token_version = token_version + 1, failed_login_count = 0, locked_until = NULL WHERE id = $1 AND status = 'active' AND password_hash = $2`,
      [userId, passwords.oldHash, passwords.newHash],
    );
    return changed === 1;
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
