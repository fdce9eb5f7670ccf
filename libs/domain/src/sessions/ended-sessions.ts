import { sqlChange } from '../sql';
import type { Tx } from '../unit-of-work';

/** How long an ended session still answers for itself; the audit log keeps what was done for good. */
const KEPT_DAYS = 30;

/** Removes sessions, with their refresh tokens, that ended a month ago; returns how many. Over all users, so it is not the store's. */
export function deleteEndedSessions(tx: Tx, limit: number): Promise<number> {
  return sqlChange(
    tx,
    `DELETE FROM user_sessions WHERE id IN (SELECT id FROM user_sessions WHERE expires_at < now() - make_interval(days => ${KEPT_DAYS}) ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED)`,
    [limit],
  );
}
