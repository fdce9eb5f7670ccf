import { type Page, type PageRequest, toPage } from '@app/common';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Tx } from '../unit-of-work';
import type { Organization } from './organization.entity';
import type { OrganizationMember } from './organization-member.entity';

/** An organization as one of its members sees it. */
export interface MemberOrganization {
  readonly id: string;
  readonly kind: Organization['kind'];
  readonly name: string;
  readonly slug: string;
  readonly role: OrganizationMember['role'];
  readonly createdAt: Date;
}

interface SortedOrganization extends MemberOrganization {
  readonly sort: string;
}

@Injectable()
export class OrganizationStore {
  constructor(private readonly dataSource: DataSource) {}

  /** The organization every user has, with the user as its owner. The user's row must exist. */
  async createPersonal(tx: Tx, organization: { id: string; name: string; slug: string; ownerUserId: string }): Promise<void> {
    const { id, name, slug, ownerUserId } = organization;
    await tx.query(`INSERT INTO organizations (id, kind, name, slug, owner_user_id) VALUES ($1, 'personal', $2, $3, $4)`, [id, name, slug, ownerUserId]);
    await tx.query(`INSERT INTO organization_members (organization_id, user_id, role) VALUES ($1, $2, 'owner')`, [id, ownerUserId]);
  }

  /** The organization a user's requests act in unless they name another; null when the user is no member of it any more. */
  async defaultForUser(userId: string): Promise<MemberOrganization | null> {
    const rows = await this.dataSource.query<MemberOrganization[]>(
      `SELECT o.id, o.kind, o.name, o.slug, m.role, o.created_at AS "createdAt"
         FROM users u JOIN organizations o ON o.id = u.default_organization_id AND o.deleted_at IS NULL AND o.status = 'active'
         JOIN organization_members m ON m.organization_id = o.id AND m.user_id = u.id
        WHERE u.id = $1`,
      [userId],
    );
    return rows[0] ?? null;
  }

  /** Organizations the user belongs to. */
  async listForUser(userId: string, page: PageRequest): Promise<Page<MemberOrganization>> {
    const [comparison, direction] = page.order === 'desc' ? ['<', 'DESC'] : ['>', 'ASC'];
    const rows = await this.dataSource.query<SortedOrganization[]>(
      `SELECT o.id, o.kind, o.name, o.slug, m.role, o.created_at AS "createdAt", o.created_at::text AS sort
         FROM organization_members m JOIN organizations o ON o.id = m.organization_id AND o.deleted_at IS NULL AND o.status = 'active'
        WHERE m.user_id = $1 AND ($2::timestamptz IS NULL OR (o.created_at, o.id) ${comparison} ($2::timestamptz, $3::uuid))
        ORDER BY o.created_at ${direction}, o.id ${direction} LIMIT $4`,
      [userId, page.after?.sort ?? null, page.after?.id ?? null, page.limit + 1],
    );
    return toPage(rows, page.limit, (row) => ({ sort: row.sort, id: row.id }));
  }
}
