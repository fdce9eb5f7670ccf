import { type Page, type PageRequest, toPage } from '@app/common';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { sqlChange, sqlRow, sqlRows } from '../sql';
import type { Tx } from '../unit-of-work';
import type { OrganizationInvitation } from './organization-invitation.entity';

export type InvitationRow = Pick<OrganizationInvitation, 'id' | 'organizationId' | 'email' | 'role' | 'invitedByUserId' | 'expiresAt' | 'createdAt'> & {
  readonly invitedByUsername: string | null;
  readonly isExpired: boolean;
};

export type NewInvitation = Pick<OrganizationInvitation, 'id' | 'organizationId' | 'email' | 'role' | 'tokenHash'> & { readonly invitedByUserId: string; readonly days: number };

/** What its token leads to. */
export interface HeldInvitation {
  readonly id: string;
  readonly organizationId: string;
  readonly email: string;
  readonly role: OrganizationInvitation['role'];
  /** `over`: revoked, or its time has passed. */
  readonly state: 'open' | 'accepted' | 'over';
}

const OPEN = 'i.accepted_at IS NULL AND i.revoked_at IS NULL';
const SELECT_INVITATION = `
SELECT i.id, i.organization_id, i.email, i.role, i.invited_by_user_id, u.username AS invited_by_username, i.expires_at, i.expires_at <= now() AS is_expired, i.created_at
  FROM organization_invitations i LEFT JOIN users u ON u.id = i.invited_by_user_id`;

/** Invitations to an organization. Writes run under `OrganizationStore.lock`. */
@Injectable()
export class OrganizationInvitationStore {
  /** Takes the place of an open one to the same address. */
  async create(tx: Tx, invitation: NewInvitation): Promise<InvitationRow> {
    const { id, organizationId, email, role, tokenHash, invitedByUserId, days } = invitation;
    await this.revokeOpenTo(tx, organizationId, email);
    await tx.query(
      `INSERT INTO organization_invitations (id, organization_id, email, role, token_hash, invited_by_user_id, expires_at) VALUES ($1, $2, $3, $4, $5, $6, now() + make_interval(days => $7))`,
      [id, organizationId, email, role, tokenHash, invitedByUserId, days],
    );
    const row = await sqlRow<InvitationRow>(tx, `${SELECT_INVITATION} WHERE i.organization_id = $1 AND i.id = $2`, [organizationId, id]);
    if (!row) throw new Error(`invitation ${id} was not written`);
    return row;
  }

  /** Those neither accepted nor revoked; expired ones too, so that they can be sent anew. */
  async listOpen(manager: EntityManager, organizationId: string, page: PageRequest): Promise<Page<InvitationRow>> {
    const [comparison, direction] = page.order === 'desc' ? ['<', 'DESC'] : ['>', 'ASC'];
    const rows = await sqlRows<InvitationRow & { sort: string }>(
      manager,
      `${SELECT_INVITATION.replace('SELECT', 'SELECT i.created_at::text AS sort,')}
        WHERE i.organization_id = $1 AND ${OPEN} AND ($2::timestamptz IS NULL OR (i.created_at, i.id) ${comparison} ($2::timestamptz, $3::uuid))
        ORDER BY i.created_at ${direction}, i.id ${direction} LIMIT $4`,
      [organizationId, page.after?.sort ?? null, page.after?.id ?? null, page.limit + 1],
    );
    return toPage(rows, page.limit, (row) => ({ sort: row.sort, id: row.id }));
  }

  /** How many open ones could still be accepted, but for those to `exceptEmail`. */
  async countOpen(tx: Tx, organizationId: string, exceptEmail: string): Promise<number> {
    const row = await sqlRow<{ count: number }>(
      tx,
      `SELECT count(*)::integer AS count FROM organization_invitations i WHERE i.organization_id = $1 AND ${OPEN} AND i.expires_at > now() AND lower(i.email) <> lower($2)`,
      [organizationId, exceptEmail],
    );
    return row?.count ?? 0;
  }

  /** False: there is no open one of this id. */
  async revoke(tx: Tx, organizationId: string, id: string): Promise<boolean> {
    return (await sqlChange(tx, `UPDATE organization_invitations i SET revoked_at = now() WHERE i.organization_id = $1 AND i.id = $2 AND ${OPEN}`, [organizationId, id])) > 0;
  }

  /** Open invitations of somebody who may not invite any more. */
  async revokeBySender(tx: Tx, organizationId: string, userId: string): Promise<number> {
    return sqlChange(tx, `UPDATE organization_invitations i SET revoked_at = now() WHERE i.organization_id = $1 AND i.invited_by_user_id = $2 AND ${OPEN}`, [organizationId, userId]);
  }

  /** The organization a token invites to, whatever became of it. The token is the proof; its holder is no member yet. */
  async organizationOfToken(manager: EntityManager, tokenHash: Buffer): Promise<string | null> {
    const row = await sqlRow<{ organizationId: string }>(manager, 'SELECT organization_id FROM organization_invitations WHERE token_hash = $1', [tokenHash]);
    return row?.organizationId ?? null;
  }

  /** Holds the invitation of a token. */
  lockByToken(tx: Tx, organizationId: string, tokenHash: Buffer): Promise<HeldInvitation | null> {
    return sqlRow<HeldInvitation>(
      tx,
      `SELECT i.id, i.organization_id, i.email, i.role,
              CASE WHEN i.accepted_at IS NOT NULL THEN 'accepted' WHEN i.revoked_at IS NOT NULL OR i.expires_at <= now() THEN 'over' ELSE 'open' END AS state
         FROM organization_invitations i WHERE i.organization_id = $1 AND i.token_hash = $2 FOR UPDATE`,
      [organizationId, tokenHash],
    );
  }

  async markAccepted(tx: Tx, organizationId: string, id: string): Promise<void> {
    await sqlChange(tx, 'UPDATE organization_invitations SET accepted_at = now() WHERE organization_id = $1 AND id = $2', [organizationId, id]);
  }

  private async revokeOpenTo(tx: Tx, organizationId: string, email: string): Promise<void> {
    await sqlChange(tx, `UPDATE organization_invitations i SET revoked_at = now() WHERE i.organization_id = $1 AND lower(i.email) = lower($2) AND ${OPEN}`, [organizationId, email]);
  }
}
