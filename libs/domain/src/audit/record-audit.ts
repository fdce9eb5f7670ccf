import { namedRows, statement } from '../named-sql';
import { storableJson } from '../sql';
import type { Tx } from '../unit-of-work';
import { currentActor, storableAddress } from './actor';

/** One write. `action` is "<noun>.<verb in the past>": "organization.created", "api_key.deleted". */
export interface AuditEntry {
  /** Null for what belongs to no organization: a sign-in, a change by the platform's staff. */
  readonly organizationId: string | null;
  readonly action: `${string}.${string}`;
  readonly targetType: string;
  readonly targetId: string;
  /** What was changed, by field; never a secret. */
  readonly changes?: Readonly<Record<string, unknown>>;
}

/**
 * Adds a row to the record of who did what, in the transaction of the write itself, by the actor in force (`withActor`). Rows are append-only; the database
 * refuses to change them.
 */
export async function recordAudit(tx: Tx, entry: AuditEntry): Promise<void> {
  const actor = currentActor();
  await namedRows(tx, RECORD, [
    entry.organizationId, actor.type, actor.id, entry.action, entry.targetType, entry.targetId,
    entry.changes === undefined ? null : storableJson(entry.changes), storableAddress(actor.ipAddress), actor.userAgent, actor.requestId,
  ]);
}

/** Part of every write. */
const RECORD = statement(`
INSERT INTO audit_logs (organization_id, actor_type, actor_id, action, target_type, target_id, changes, ip_address, user_agent, request_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, left($9, 1024), $10)`);
