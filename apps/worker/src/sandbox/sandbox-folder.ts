import { chmod, chown, mkdir } from 'node:fs/promises';
import type { SandboxIdentity } from './sandbox-spec';

/** Makes a folder that belongs to the sandbox's user alone. */
export async function preparedFolder(folder: string, identity: SandboxIdentity | null): Promise<void> {
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o700);
  if (identity) await chown(folder, identity.uid, identity.gid);
}
