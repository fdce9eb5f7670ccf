import { recordAudit } from '../audit/record-audit';
import type { Tx } from '../unit-of-work';
import type { AccountRow, UserAdminStore } from './user-admin.store';
import type { User } from './user.entity';
import { lastAdmin } from './user.errors';

/**
 * Gives the account of this e-mail address, username or id a role on the platform, as an operator with access to the database does it.
 * @throws {Error} when there is none; {AppError} last_admin
 */
export async function promote(tx: Tx, accounts: UserAdminStore, { name, role }: { name: string; role: User['role'] }): Promise<AccountRow> {
  const found = await accounts.findByName(tx, name);
  const account = found && (await accounts.lock(tx, found.id));
  if (!account) throw new Error(`There is no account ${name}.`);
  if (account.role === role) return account;
  if (account.role === 'admin' && account.status === 'active' && !(await accounts.hasOtherAdmin(tx, account.id))) throw lastAdmin();
  await accounts.change(tx, account.id, { role });
  await recordAudit(tx, { organizationId: null, action: 'user.changed_by_operator', targetType: 'user', targetId: account.id, changes: { role: { from: account.role, to: role } } });
  return account;
}
