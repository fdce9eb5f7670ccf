import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { dim, stop } from './say.mjs';

/** Debian's package for each program that the product needs from the system. */
const PACKAGE = { git: 'git', bwrap: 'bubblewrap', 'redis-server': 'redis-server' };

/** Installs missing programs where that is possible (Debian, root); else names the one command that does. */
export function requirePrograms(programs) {
  const missing = programs.filter((program) => !onPath(program));
  if (missing.length === 0) return;
  const packages = missing.map((program) => PACKAGE[program]);
  const isRoot = process.getuid?.() === 0;
  const command = `${isRoot ? '' : 'sudo '}apt-get install -y ${packages.join(' ')}`;
  if (!isRoot || !existsSync('/usr/bin/apt-get')) stop(`Missing on this machine: ${missing.join(', ')}.`, `Run: ${command}`);
  const result = aptInstall(packages);
  const still = missing.filter((program) => !onPath(program));
  if (still.length > 0) stop(`Could not install ${still.join(', ')}: ${(result.stderr || result.stdout).trim().split('\n').at(-1)}`, `Run: ${command}`);
}

/** On a build server the migrations are tried on an older PostgreSQL too. A person's machine is left alone: the package starts a server. */
export function installOldPostgres() {
  const isBuildServer = process.env.CI && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
  if (isBuildServer && !existsSync('/usr/lib/postgresql/15/bin/postgres')) aptInstall(['postgresql-15']);
}

function aptInstall(packages) {
  process.stdout.write(dim(`installing ${packages.join(', ')} …\n`));
  const options = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, encoding: 'utf8' };
  const install = () => spawnSync('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...packages], options);
  const result = install();
  if (result.status === 0) return result;
  spawnSync('apt-get', ['update', '-q'], options);
  return install();
}

export function onPath(program) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => folder && existsSync(join(folder, program)));
}
