import { type Page, type PageRequest, toPage } from '@app/common';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { namedRecords, statement } from '../named-sql';
import { holdMembership } from '../organizations/held-membership';
import { sqlChange, sqlRow, sqlRows } from '../sql';
import type { Tx } from '../unit-of-work';
import type { UserStanding } from '../users/user.store';
import type { PersonalAccessToken } from './personal-access-token.entity';

/** A token as its owner sees it. */
export type AccessTokenRow = Pick<PersonalAccessToken, 'id' | 'organizationId' | 'name' | 'tokenPrefix' | 'scopes' | 'lastUsedAt' | 'expiresAt' | 'createdAt'>;

export interface NewPersonalAccessToken {
  readonly id: string;
  readonly userId: string;
  readonly organizationId: string;
  readonly name: string;
  readonly tokenPrefix: string;
  readonly tokenHash: Buffer;
  readonly scopes: readonly string[];
  /** Null: it does not expire. */
  readonly expiresInDays: number | null;
}

/** What a token is worth now. Role null: its owner left the organization since the token was made, whether or not they came back. */
export interface TokenStanding extends UserStanding {
  readonly id: string;
  readonly scopes: readonly string[];
  readonly isRevoked: boolean;
  readonly isExpired: boolean;
  readonly expiresAt: Date | null;
  /** A minute or more has passed since its last use was written down. */
  readonly isUnseen: boolean;
}

/** Whose tokens, and of which organization: tokens never leave the one they were made in. */
export interface TokenOwner {
  readonly userId: string;
  readonly organizationId: string;
}

const USED_EVERY_SECONDS = 60;
const COLUMNS = 'id, organization_id, name, token_prefix, scopes, last_used_at, expires_at, created_at';

const STANDING = statement(
  `SELECT t.id, t.scopes, t.revoked_at IS NOT NULL AS "isRevoked", coalesce(t.expires_at <= now(), false) AS "isExpired", t.expires_at AS "expiresAt",
          coalesce(t.last_used_at < now() - make_interval(secs => ${USED_EVERY_SECONDS}), true) AS "isUnseen",
          u.id AS "userId", u.status AS "userStatus", u.role AS "platformRole", u.token_version AS "tokenVersion",
          o.id AS "organizationId", CASE WHEN o.id IS NULL THEN NULL ELSE m.role END AS role
     FROM personal_access_tokens t JOIN users u ON u.id = t.user_id
     LEFT JOIN organization_members m ON m.user_id = t.user_id AND m.organization_id = t.organization_id AND m.created_at <= t.created_at
     LEFT JOIN organizations o ON o.id = m.organization_id AND o.deleted_at IS NULL AND o.status = 'active'
    WHERE t.token_hash = $1`,
);

/** Personal access tokens. Only their SHA-256 is here. */
@Injectable()
export class PersonalAccessTokenStore {
  constructor(private readonly dataSource: DataSource) {}

  /** @throws {AppError} not_found: meanwhile the organization or the membership ended */
  async create(tx: Tx, token: NewPersonalAccessToken): Promise<AccessTokenRow> {
    await holdMembership(tx, token);
    const row = await sqlRow<AccessTokenRow>(
      tx,
      `INSERT INTO personal_access_tokens (id, user_id, organization_id, name, token_prefix, token_hash, scopes, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, now() + make_interval(days => $8)) RETURNING ${COLUMNS}`,
      [token.id, token.userId, token.organizationId, token.name, token.tokenPrefix, token.tokenHash, token.scopes, token.expiresInDays],
    );
    if (!row) throw new Error('the token was not stored');
    return row;
  }

  /** The owner's tokens in that organization that were not revoked; expired ones are shown, so that nobody wonders. */
  async list(owner: TokenOwner, page: PageRequest): Promise<Page<AccessTokenRow>> {
    const [comparison, direction] = page.order === 'desc' ? ['<', 'DESC'] : ['>', 'ASC'];
    const rows = await sqlRows<AccessTokenRow & { sort: string }>(
      this.dataSource.manager,
      `SELECT ${COLUMNS}, created_at::text AS sort FROM personal_access_tokens
        WHERE user_id = $1 AND organization_id = $2 AND revoked_at IS NULL AND ($3::timestamptz IS NULL OR (created_at, id) ${comparison} ($3::timestamptz, $4::uuid))
        ORDER BY created_at ${direction}, id ${direction} LIMIT $5`,
      [owner.userId, owner.organizationId, page.after?.sort ?? null, page.after?.id ?? null, page.limit + 1],
    );
    return toPage(rows, page.limit, (row) => ({ sort: row.sort, id: row.id }));
  }

  /** Revokes one; false when the owner has no such token, or had revoked it before. */
  async revoke(tx: Tx, owner: TokenOwner, tokenId: string): Promise<boolean> {
    const changed = await sqlChange(tx, `UPDATE personal_access_tokens SET revoked_at = now() WHERE id = $1 AND user_id = $2 AND organization_id = $3 AND revoked_at IS NULL`, [
      tokenId, owner.userId, owner.organizationId,
    ]);
    return changed === 1;
  }

  /** The token with this hash, its owner and the owner's role, all as of now. Null: there is none. */
  async standing(tokenHash: Buffer): Promise<TokenStanding | null> {
    return (await namedRecords<TokenStanding>(this.dataSource.manager, STANDING, [tokenHash]))[0] ?? null;
  }

  /** Writes down that the token is in use; at most one statement a minute gets here, and it never waits for another. */
  async used(tokenId: string): Promise<void> {
    await sqlChange(
      this.dataSource.manager,
      `UPDATE personal_access_tokens SET last_used_at = now()
        WHERE id = (SELECT id FROM personal_access_tokens
                     WHERE id = $1 AND coalesce(last_used_at < now() - make_interval(secs => ${USED_EVERY_SECONDS}), true) FOR UPDATE SKIP LOCKED)`,
      [tokenId],
    );
  }
}
