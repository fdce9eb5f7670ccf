import { AppConfig, runProgram } from '@app/common';
import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { SANDBOX_PATHS } from './sandbox-spec';

const SYSTEM_NPM = ['/usr/bin/npm', '/usr/local/bin/npm'];
const COMMANDS = ['npm', 'npx'];

/** Folder on the host that a sandbox sees as its npm; null: the system has its own, or none was found. */
export async function npmToolbox(config: AppConfig, toolbox: string): Promise<string | null> {
  const source = npmFolder(config);
  if (source === null) return null;
  const { version } = JSON.parse(await readFile(join(source, 'package.json'), 'utf8')) as { version: string };
  const target = join(toolbox, `npm-${version.replace(/[^\w.-]/g, '_')}`);
  if (!existsSync(target)) await copied(source, target);
  return target;
}

/** An npm that lies under a home folder is seen by no sandbox: it is the one that the settings name, or that came with our Node. */
function npmFolder(config: AppConfig): string | null {
  const named = config.worker.SANDBOX_NPM;
  if (named !== undefined && isNpm(named)) return resolve(named);
  if (SYSTEM_NPM.some((path) => existsSync(path))) return null;
  const beside = join(dirname(process.execPath), '../lib/node_modules/npm');
  return isNpm(beside) ? beside : null;
}

function isNpm(folder: string): boolean {
  return existsSync(join(folder, 'package.json')) && existsSync(join(folder, 'bin/npm-cli.js'));
}

/** Copies beside and renames: another worker that starts now sees the whole folder or none. */
async function copied(source: string, target: string): Promise<void> {
  const draft = `${target}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  await cp(source, join(draft, 'lib'), { recursive: true, dereference: true });
  await mkdir(join(draft, 'bin'));
  for (const name of COMMANDS) {
    await writeFile(join(draft, 'bin', name), `#!/bin/sh\nexec node ${SANDBOX_PATHS.npm}/lib/bin/${name}-cli.js "$@"\n`);
    await chmod(join(draft, 'bin', name), 0o755);
  }
  await runProgram('chmod', { args: ['-R', 'a+rX', '--', draft], env: { PATH: '/usr/bin:/bin' }, timeoutMs: 60_000, maxOutputBytes: 4_096 });
  await rename(draft, target).catch(async (error: unknown) => {
    await rm(draft, { recursive: true, force: true });
    if (!existsSync(target)) throw error;
  });
}
