import { type Page, type PageRequest, toPage } from '@app/common';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { sqlRow, sqlRows } from '../sql';
import type { Tx } from '../unit-of-work';
import type { Organization } from './organization.entity';
import type { OrganizationMember } from './organization-member.entity';
import type { OrganizationSettings } from './organization-settings';

/** An organization as one of its members sees it. */
export interface MemberOrganization {
  readonly id: string;
  readonly kind: Organization['kind'];
  readonly name: string;
  readonly slug: string;
  readonly role: OrganizationMember['role'];
  readonly createdAt: Date;
}

/** With what its own page shows beside it. */
export interface OrganizationDetails extends MemberOrganization {
  readonly settings: OrganizationSettings;
  readonly lowBalanceMicro: bigint | null;
  readonly memberCount: number;
  readonly updatedAt: Date;
}

export interface NewOrganization {
  readonly id: string;
  readonly name: string;
  readonly slug: string;
  readonly ownerUserId: string;
}

/** A row that stays as it is until the transaction ends. */
export type HeldOrganization = Pick<Organization, 'id' | 'kind' | 'name' | 'ownerUserId'> & { readonly settings: OrganizationSettings };

export interface OrganizationChanges {
  readonly name?: string;
  readonly slug?: string;
  readonly settings?: OrganizationSettings;
}

interface SortedOrganization extends MemberOrganization {
  readonly sort: string;
}

const LIVE = `o.deleted_at IS NULL AND o.status = 'active'`;

@Injectable()
export class OrganizationStore {
  constructor(private readonly dataSource: DataSource) {}

  /** The organization every user has, with the user as its owner. The user's row must exist. */
  createPersonal(tx: Tx, organization: NewOrganization): Promise<void> {
    return this.insert(tx, 'personal', organization);
  }

  /** @throws on a taken slug: unique index organizations_slug_uq. */
  createTeam(tx: Tx, organization: NewOrganization): Promise<void> {
    return this.insert(tx, 'team', organization);
  }

  /** The organization a user's requests act in unless they name another; null when the user is no member of it any more. */
  async defaultForUser(userId: string): Promise<MemberOrganization | null> {
    const rows = await this.dataSource.query<MemberOrganization[]>(
      `SELECT o.id, o.kind, o.name, o.slug, m.role, o.created_at AS "createdAt"
         FROM users u JOIN organizations o ON o.id = u.default_organization_id AND ${LIVE}
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
         FROM organization_members m JOIN organizations o ON o.id = m.organization_id AND ${LIVE}
        WHERE m.user_id = $1 AND ($2::timestamptz IS NULL OR (o.created_at, o.id) ${comparison} ($2::timestamptz, $3::uuid))
        ORDER BY o.created_at ${direction}, o.id ${direction} LIMIT $4`,
      [userId, page.after?.sort ?? null, page.after?.id ?? null, page.limit + 1],
    );
    return toPage(rows, page.limit, (row) => ({ sort: row.sort, id: row.id }));
  }

  /** One organization as this member sees it; null for everybody else. */
  findForMember(manager: EntityManager, organizationId: string, userId: string): Promise<OrganizationDetails | null> {
    return sqlRow<OrganizationDetails>(
      manager,
      `SELECT o.id, o.kind, o.name, o.slug, m.role, o.created_at, o.updated_at, o.settings, a.low_balance_micro,
              (SELECT count(*)::integer FROM organization_members c WHERE c.organization_id = o.id) AS member_count
         FROM organizations o JOIN organization_members m ON m.organization_id = o.id AND m.user_id = $2
         LEFT JOIN credit_accounts a ON a.organization_id = o.id
        WHERE o.id = $1 AND ${LIVE}`,
      [organizationId, userId],
      ['lowBalanceMicro'],
    );
  }

  /**
   * Holds the organization's row until the transaction ends: who changes members, roles or settings comes one after the other. Null: it is
   * gone. Lock order: organization → user → invitation → plan limits → credit account.
   */
  lock(tx: Tx, organizationId: string): Promise<HeldOrganization | null> {
    return sqlRow<HeldOrganization>(tx, `SELECT o.id, o.kind, o.name, o.owner_user_id, o.settings FROM organizations o WHERE o.id = $1 AND ${LIVE} FOR NO KEY UPDATE`, [organizationId]);
  }

  /** Changes what is given; settings are merged. @throws on a taken slug: unique index organizations_slug_uq. */
  async update(tx: Tx, organizationId: string, changes: OrganizationChanges): Promise<void> {
    await tx.query(`UPDATE organizations SET name = coalesce($2, name), slug = coalesce($3, slug), settings = settings || $4::jsonb WHERE id = $1`, [
      organizationId,
      changes.name ?? null,
      changes.slug ?? null,
      JSON.stringify(changes.settings ?? {}),
    ]);
  }

  /** Teams of which the user is the only owner while others belong to them: nobody else could run them. Holds all teams that the user owns. */
  async teamsThatNeed(tx: Tx, userId: string): Promise<string[]> {
    await tx.query(
      `SELECT 1 FROM organizations o WHERE o.kind = 'team' AND ${LIVE} AND o.id IN (SELECT organization_id FROM organization_members WHERE user_id = $1 AND role = 'owner') ORDER BY o.id FOR NO KEY UPDATE`,
      [userId],
    );
    const rows = await sqlRows<{ id: string }>(
      tx,
      `SELECT o.id FROM organizations o JOIN organization_members m ON m.organization_id = o.id AND m.user_id = $1 AND m.role = 'owner'
        WHERE o.kind = 'team' AND ${LIVE}
          AND NOT EXISTS (SELECT 1 FROM organization_members x WHERE x.organization_id = o.id AND x.user_id <> $1 AND x.role = 'owner')
          AND EXISTS (SELECT 1 FROM organization_members x WHERE x.organization_id = o.id AND x.user_id <> $1)
        ORDER BY o.id`,
      [userId],
    );
    return rows.map((row) => row.id);
  }

  private async insert(tx: Tx, kind: Organization['kind'], { id, name, slug, ownerUserId }: NewOrganization): Promise<void> {
    await tx.query(`INSERT INTO organizations (id, kind, name, slug, owner_user_id) VALUES ($1, $2, $3, $4, $5)`, [id, kind, name, slug, ownerUserId]);
    await tx.query(`INSERT INTO organization_members (organization_id, user_id, role) VALUES ($1, $2, 'owner')`, [id, ownerUserId]);
  }
}
