import { type Page, type PageRequest, toPage } from '@app/common';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { sqlChange, sqlRow, sqlRows } from '../sql';
import type { Tx } from '../unit-of-work';
import { MOST_ORGANIZATIONS, organizationLimit } from './organization.errors';
import type { OrganizationMember } from './organization-member.entity';

type Role = OrganizationMember['role'];

/** Which membership. */
export interface MemberKey {
  readonly organizationId: string;
  readonly userId: string;
}

export interface Member {
  readonly userId: string;
  readonly username: string;
  readonly displayName: string | null;
  readonly avatarUrl: string | null;
  readonly email: string;
  readonly role: Role;
  readonly rowVersion: number;
  readonly createdAt: Date;
}

const SELECT_MEMBER = `SELECT m.user_id, u.username, u.display_name, u.avatar_url, u.email, m.role, m.row_version, m.created_at`;
const SOURCES = `FROM organization_members m JOIN users u ON u.id = m.user_id`;

/** Who belongs to an organization. Writes run under `OrganizationStore.lock`. */
@Injectable()
export class OrganizationMemberStore {
  /** The user's role; null: no member, or the organization is gone. */
  async roleOf(manager: EntityManager, { organizationId, userId }: MemberKey): Promise<Role | null> {
    const row = await sqlRow<{ role: Role }>(
      manager,
      `SELECT m.role FROM organization_members m JOIN organizations o ON o.id = m.organization_id AND o.deleted_at IS NULL AND o.status = 'active'
        WHERE m.organization_id = $1 AND m.user_id = $2`,
      [organizationId, userId],
    );
    return row?.role ?? null;
  }

  find(manager: EntityManager, { organizationId, userId }: MemberKey): Promise<Member | null> {
    return sqlRow<Member>(manager, `${SELECT_MEMBER} ${SOURCES} WHERE m.organization_id = $1 AND m.user_id = $2`, [organizationId, userId]);
  }

  /** By the time of joining. */
  async list(manager: EntityManager, organizationId: string, page: PageRequest): Promise<Page<Member>> {
    const [comparison, direction] = page.order === 'desc' ? ['<', 'DESC'] : ['>', 'ASC'];
    const rows = await sqlRows<Member & { sort: string }>(
      manager,
      `${SELECT_MEMBER}, m.created_at::text AS sort ${SOURCES}
        WHERE m.organization_id = $1 AND ($2::timestamptz IS NULL OR (m.created_at, m.user_id) ${comparison} ($2::timestamptz, $3::uuid))
        ORDER BY m.created_at ${direction}, m.user_id ${direction} LIMIT $4`,
      [organizationId, page.after?.sort ?? null, page.after?.id ?? null, page.limit + 1],
    );
    return toPage(rows, page.limit, (row) => ({ sort: row.sort, id: row.userId }));
  }

  /** Whether somebody besides this member is an owner. */
  async hasOtherOwner(tx: Tx, { organizationId, userId }: MemberKey): Promise<boolean> {
    return (await sqlRow(tx, `SELECT 1 AS found FROM organization_members WHERE organization_id = $1 AND user_id <> $2 AND role = 'owner' LIMIT 1`, [organizationId, userId])) !== null;
  }

  /** Whether an account with this address belongs to the organization. */
  async hasEmail(manager: EntityManager, organizationId: string, email: string): Promise<boolean> {
    return (await sqlRow(manager, `SELECT 1 AS found ${SOURCES} WHERE m.organization_id = $1 AND lower(u.email) = lower($2) AND u.deleted_at IS NULL LIMIT 1`, [organizationId, email])) !== null;
  }

  /** Makes the user a member; false: is one already, and keeps the role. Holds the user's row. @throws {AppError} organization_limit */
  async add(tx: Tx, { organizationId, userId }: MemberKey, role: Role): Promise<boolean> {
    await this.assertOneMore(tx, userId);
    return (await sqlRow(tx, `INSERT INTO organization_members (organization_id, user_id, role) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING role`, [organizationId, userId, role])) !== null;
  }

  /** Holds the user's row, so that calls at once cannot pass the limit together. @throws {AppError} organization_limit */
  async assertOneMore(tx: Tx, userId: string): Promise<void> {
    await tx.query('SELECT 1 FROM users WHERE id = $1 FOR NO KEY UPDATE', [userId]);
    const row = await sqlRow<{ count: number }>(tx, 'SELECT count(*)::integer AS count FROM organization_members WHERE user_id = $1', [userId]);
    if (row && row.count >= MOST_ORGANIZATIONS) throw organizationLimit();
  }

  async setRole(tx: Tx, { organizationId, userId }: MemberKey, role: Role): Promise<void> {
    await sqlChange(tx, 'UPDATE organization_members SET role = $3 WHERE organization_id = $1 AND user_id = $2', [organizationId, userId, role]);
    if (role !== 'owner') await this.handOver(tx, { organizationId, userId });
  }

  /**
   * Takes the membership away, with what it carried: access tokens of this organization, and that the user's requests act in it unless they
   * say otherwise. False: was no member.
   */
  async remove(tx: Tx, { organizationId, userId }: MemberKey): Promise<boolean> {
    if ((await sqlChange(tx, 'DELETE FROM organization_members WHERE organization_id = $1 AND user_id = $2', [organizationId, userId])) === 0) return false;
    await this.handOver(tx, { organizationId, userId });
    await sqlChange(tx, 'UPDATE personal_access_tokens SET revoked_at = now() WHERE organization_id = $1 AND user_id = $2 AND revoked_at IS NULL', [organizationId, userId]);
    await sqlChange(tx, `UPDATE users u SET default_organization_id = ${PERSONAL_OF_USER} WHERE u.id = $2 AND u.default_organization_id = $1`, [organizationId, userId]);
    return true;
  }

  /** `organizations.owner_user_id` names one of the owners: the longest one, once the one it named is none any more. */
  private async handOver(tx: Tx, { organizationId, userId }: MemberKey): Promise<void> {
    await sqlChange(
      tx,
      `UPDATE organizations o SET owner_user_id = n.user_id
         FROM (SELECT user_id FROM organization_members WHERE organization_id = $1 AND role = 'owner' AND user_id <> $2 ORDER BY created_at, user_id LIMIT 1) n
        WHERE o.id = $1 AND o.owner_user_id = $2`,
      [organizationId, userId],
    );
  }
}

/** Where a user's requests act when the organization they acted in is gone; `u` is the user. */
export const PERSONAL_OF_USER = `(SELECT p.id FROM organizations p WHERE p.owner_user_id = u.id AND p.kind = 'personal' AND p.deleted_at IS NULL)`;
