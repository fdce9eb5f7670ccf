import { notFound } from '@app/common';
import { sqlRow } from '../sql';
import type { Tx } from '../unit-of-work';
import type { MemberKey } from './organization-member.store';

/**
 * Holds a membership, and the organization against its end, until the commit: for what opens doors or holds a secret. Who erases the member or takes
 * the organization away waits, and finds it; who comes after them, say from a long call to a provider, is refused.
 * @throws {AppError} not_found
 */
export async function holdMembership(tx: Tx, { organizationId, userId }: MemberKey): Promise<void> {
  const held = await sqlRow(
    tx,
    `SELECT 1 AS held FROM organizations o JOIN organization_members m ON m.organization_id = o.id
      WHERE o.id = $1 AND m.user_id = $2 AND o.deleted_at IS NULL AND o.status = 'active' FOR SHARE OF o, m`,
    [organizationId, userId],
  );
  if (!held) throw notFound();
}
