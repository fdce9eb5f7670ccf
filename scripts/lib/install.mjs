import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dim, seconds, stop } from './say.mjs';

const STAMP = 'node_modules/.installed-lockfile';

/** Runs `npm ci` unless node_modules was made from this very lockfile. */
export function installPackages() {
  const lockfile = createHash('sha256').update(readFileSync('package-lock.json')).digest('hex');
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === lockfile) return;
  const began = Date.now();
  process.stdout.write(dim('installing packages (about a minute the first time) …\n'));
  const result = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], { encoding: 'utf8' });
  if (result.status !== 0) stop('npm ci failed.', (result.stderr || result.stdout).trim());
  writeFileSync(STAMP, lockfile);
  process.stdout.write(dim(`installed in ${seconds(Date.now() - began)}\n`));
}
