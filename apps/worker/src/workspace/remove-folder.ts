import { runProgram } from '@app/common';
import { existsSync } from 'node:fs';

const REMOVE_MS = 5 * 60_000;

/**
 * Deletes a folder of ours with everything that an agent may have made in it: `rm` follows no link and knows no longest path.
 * @throws {Error} when something is left.
 */
export async function removeFolder(folder: string): Promise<void> {
  const env = { PATH: '/usr/bin:/bin', LC_ALL: 'C' };
  const remove = (): Promise<unknown> => runProgram('rm', { args: ['-rf', '--one-file-system', '--', folder], env, timeoutMs: REMOVE_MS, maxOutputBytes: 4_096 });
  await remove();
  if (!existsSync(folder)) return;
  // An ordinary user cannot empty folders that were made unreadable.
  await runProgram('chmod', { args: ['-R', 'u+rwX', '--', folder], env, timeoutMs: REMOVE_MS, maxOutputBytes: 4_096 });
  await remove();
  if (existsSync(folder)) throw new Error(`could not delete ${folder}`);
}

/** Lets every user read a folder of ours and what is in it. */
export async function everyoneMayRead(folder: string): Promise<void> {
  await runProgram('chmod', { args: ['-R', 'a+rX', '--', folder], env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' }, timeoutMs: REMOVE_MS, maxOutputBytes: 4_096 });
}
