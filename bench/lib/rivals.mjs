// Rivals live in bench/node_modules, which `npm ci` in bench/ fills when a group first wants one; nothing else needs it.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

let reason;

/** Null when the rivals are installed (now, if need be), else why not. */
export function whyNoRivals() {
  if (reason !== undefined) return reason;
  reason = existsSync('bench/node_modules/.package-lock.json') ? null : install();
  return reason;
}

/** A rival's module, or null with the reason said. */
export async function rival(name, skip) {
  const why = whyNoRivals();
  if (why === null) {
    try {
      return await import(name);
    } catch (error) {
      skip(`${name} does not load: ${error.message.split('\n')[0]}`);
      return null;
    }
  }
  skip(`${name} is not installed: ${why}`);
  return null;
}

function install() {
  process.stdout.write('installing the rivals of bench/package.json\n');
  const { status, stderr } = spawnSync('npm', ['ci'], { cwd: 'bench', encoding: 'utf8', timeout: 180_000 });
  return status === 0 ? null : `npm ci in bench/ failed: ${(stderr ?? '').trim().split('\n')[0]}`;
}
