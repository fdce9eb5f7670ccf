import { UserAdminStore } from '../users/user-admin.store';
import { promote } from '../users/promotion';
import { command } from './command';

const USAGE = 'npm run users:promote -- <e-mail address, username or id> <user|support|admin>';

/** `npm run users:promote`: gives somebody a role on the platform, for operators; the way to the first admin. */
void command(async (source) => {
  const [name, role] = process.argv.slice(2);
  if (name === undefined || (role !== 'user' && role !== 'support' && role !== 'admin')) throw new Error(`Usage: ${USAGE}`);
  const account = await source.transaction((tx) => promote(tx, new UserAdminStore(), { name, role }));
  return `${account.username} (${account.email}) has the role ${role}.`;
});
