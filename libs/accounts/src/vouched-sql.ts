import { sqlRow, type Tx } from '@app/domain';
import type { VouchedPerson } from './vouched-person';

export const STANDING = `
SELECT u.id AS user_id, u.status AS user_status, u.role AS platform_role, u.token_version, o.id AS organization_id, CASE WHEN o.id IS NULL THEN NULL ELSE m.role END AS role
  FROM users u
  LEFT JOIN organization_members m ON m.user_id = u.id AND m.organization_id = coalesce($2::uuid, u.default_organization_id)
  LEFT JOIN organizations o ON o.id = m.organization_id AND o.deleted_at IS NULL AND o.status = 'active'
 WHERE u.clerk_id = $1`;

/** News of a deletion may come before the person: its row in the inbox is what remembers. */
export const IS_GONE = `
SELECT 1 AS gone FROM users WHERE clerk_id = $1 AND status = 'deleted'
UNION ALL SELECT 1 FROM webhook_deliveries WHERE source = 'clerk' AND subject_id = $1 AND event_type = 'user.deleted' LIMIT 1`;

const CHANGE = `
UPDATE users u SET clerk_updated_at = $2, first_name = $3, last_name = $4, avatar_url = $5, email = CASE WHEN f.free THEN $6 ELSE u.email END,
       email_verified_at = CASE WHEN NOT f.free THEN u.email_verified_at WHEN lower($6) = lower(u.email) THEN coalesce(u.email_verified_at, CASE WHEN $7 THEN now() END) WHEN $7 THEN now() END
  FROM (SELECT $6::text IS NOT NULL AND NOT EXISTS (SELECT 1 FROM users x WHERE lower(x.email) = lower($6) AND x.deleted_at IS NULL AND x.id <> $1) AS free) f
 WHERE u.id = $1 AND u.deleted_at IS NULL AND (u.clerk_updated_at IS NULL OR u.clerk_updated_at < $2)
RETURNING f.free AS took_email`;

/**
 * Takes over the provider's newer data; null: ours is as new. An address that is somebody else's here is not taken over.
 * The username stays: it is chosen here.
 */
export function changePerson(tx: Tx, userId: string, person: VouchedPerson): Promise<{ tookEmail: boolean } | null> {
  return sqlRow(tx, CHANGE, [userId, person.updatedAt, person.firstName, person.lastName, person.avatarUrl, person.email, person.emailVerified]);
}
