import { type Page, type PageRequest, toPage } from '@app/common';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { MemberOrganization } from '../organizations/organization.store';
import { sqlChange, sqlRow, sqlRows } from '../sql';
import type { Tx } from '../unit-of-work';
import type { User } from './user.entity';

/** An account as the platform's staff sees it. */
export type AccountRow = Pick<
  User,
  'id' | 'email' | 'emailVerifiedAt' | 'username' | 'displayName' | 'role' | 'status' | 'clerkId' | 'githubUsername' | 'lastLoginAt' | 'lockedUntil' | 'createdAt' | 'updatedAt' | 'deletedAt' | 'rowVersion'
>;

export interface AccountFilter {
  /** Part of the e-mail address or the username, or an id. */
  readonly q?: string;
  readonly status?: User['status'];
  readonly role?: User['role'];
}

const COLUMNS = 'u.id, u.email, u.email_verified_at, u.username, u.display_name, u.role, u.status, u.clerk_id, u.github_username, u.last_login_at, u.locked_until, u.created_at, u.updated_at, u.deleted_at, u.row_version';

/** Accounts over all organizations, for the platform's staff alone. */
@Injectable()
export class UserAdminStore {
  /** By the time of registration. Erased accounts are shown only when asked for. */
  async list(manager: EntityManager, filter: AccountFilter, page: PageRequest): Promise<Page<AccountRow>> {
    const [comparison, direction] = page.order === 'desc' ? ['<', 'DESC'] : ['>', 'ASC'];
    const rows = await sqlRows<AccountRow & { sort: string }>(
      manager,
      `SELECT ${COLUMNS}, u.created_at::text AS sort FROM users u
        WHERE (($1::text IS NULL AND u.deleted_at IS NULL) OR u.status = $1) AND ($2::text IS NULL OR u.role = $2)
          AND ($3::text IS NULL OR strpos(lower(u.email), lower($3)) > 0 OR strpos(lower(u.username), lower($3)) > 0 OR u.id::text = lower($3))
          AND ($4::timestamptz IS NULL OR (u.created_at, u.id) ${comparison} ($4::timestamptz, $5::uuid))
        ORDER BY u.created_at ${direction}, u.id ${direction} LIMIT $6`,
      [filter.status ?? null, filter.role ?? null, filter.q ?? null, page.after?.sort ?? null, page.after?.id ?? null, page.limit + 1],
    );
    return toPage(rows, page.limit, (row) => ({ sort: row.sort, id: row.id }));
  }

  /** Any account, erased ones too. */
  find(manager: EntityManager, userId: string): Promise<AccountRow | null> {
    return sqlRow<AccountRow>(manager, `SELECT ${COLUMNS} FROM users u WHERE u.id = $1`, [userId]);
  }

  /** By id, e-mail address or username: for commands. */
  findByName(manager: EntityManager, name: string): Promise<AccountRow | null> {
    return sqlRow<AccountRow>(manager, `SELECT ${COLUMNS} FROM users u WHERE u.deleted_at IS NULL AND (u.id::text = lower($1) OR lower(u.email) = lower($1) OR lower(u.username) = lower($1))`, [name]);
  }

  organizationsOf(manager: EntityManager, userId: string): Promise<MemberOrganization[]> {
    return sqlRows<MemberOrganization>(
      manager,
      `SELECT o.id, o.kind, o.name, o.slug, m.role, o.created_at FROM organization_members m JOIN organizations o ON o.id = m.organization_id AND o.deleted_at IS NULL
        WHERE m.user_id = $1 ORDER BY o.created_at, o.id`,
      [userId],
    );
  }

  /** Holds the account; changes of who is an admin of the platform come one after the other, whichever account they are of. */
  async lock(tx: Tx, userId: string): Promise<AccountRow | null> {
    await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('platform-admins', 0))`);
    return sqlRow<AccountRow>(tx, `SELECT ${COLUMNS} FROM users u WHERE u.id = $1 AND u.deleted_at IS NULL FOR NO KEY UPDATE`, [userId]);
  }

  /** Whether the platform has an active admin besides this user. Under `lock`. */
  async hasOtherAdmin(tx: Tx, userId: string): Promise<boolean> {
    return (await sqlRow(tx, `SELECT 1 AS found FROM users WHERE role = 'admin' AND status = 'active' AND id <> $1 LIMIT 1`, [userId])) !== null;
  }

  async change(tx: Tx, userId: string, changes: { role?: User['role']; status?: Exclude<User['status'], 'deleted'> }): Promise<void> {
    await sqlChange(tx, 'UPDATE users SET role = coalesce($2, role), status = coalesce($3, status) WHERE id = $1 AND deleted_at IS NULL', [userId, changes.role ?? null, changes.status ?? null]);
  }
}
