import { recordAudit, type Tx } from '@app/domain';

/** Writes into the audit log what is about to be done at GitHub; the row of what was done follows it. Alone it says that nobody knows how it ended, or that GitHub refused. */
export function intendAtGithub(tx: Tx, { organizationId, id, number }: { readonly organizationId: string; readonly id: string; readonly number: number }, intent: Readonly<Record<string, unknown>>): Promise<void> {
  return recordAudit(tx, { organizationId, action: 'pull_request.intended', targetType: 'pull_request', targetId: id, changes: { number, ...intent } });
}
