import { sqlChange } from '../sql';
import type { Tx } from '../unit-of-work';

/** How long an invitation and a token stay to be seen after they ended; the audit log keeps what was done for good. */
const KEPT_DAYS = 90;

/** Removes invitations, with the address they were sent to, that were over three months ago; returns how many. Over all organizations. */
export function deleteOldInvitations(tx: Tx, limit: number): Promise<number> {
  return sqlChange(
    tx,
    `DELETE FROM organization_invitations WHERE id IN (
       SELECT id FROM organization_invitations WHERE expires_at < now() - make_interval(days => ${KEPT_DAYS}) ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED)`,
    [limit],
  );
}

/** Removes personal access tokens that were revoked or expired three months ago; returns how many. Over all users. */
export function deleteOldAccessTokens(tx: Tx, limit: number): Promise<number> {
  return sqlChange(
    tx,
    `DELETE FROM personal_access_tokens WHERE id IN (
       SELECT id FROM personal_access_tokens WHERE least(revoked_at, expires_at) < now() - make_interval(days => ${KEPT_DAYS}) LIMIT $1 FOR UPDATE SKIP LOCKED)`,
    [limit],
  );
}
