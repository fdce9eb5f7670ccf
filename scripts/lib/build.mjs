import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const SOURCES = ['apps', 'libs', 'test/peers', 'test/support', 'ormconfig.ts', 'nest-cli.json', 'tsconfig.json', '.swcrc', 'package-lock.json'];
const STAMP = 'dist/.built';

/** Builds unless dist/ is newer than every source file. Returns whether it built. */
export function build({ force = false } = {}) {
  if (!force && existsSync(STAMP) && newest(SOURCES) <= statSync(STAMP).mtimeMs) return false;
  const result = spawnSync('nest', ['build'], { encoding: 'utf8' });
  if (result.status !== 0) throw new Error(`the build failed\n${result.stdout}${result.stderr}`);
  writeFileSync(STAMP, '');
  utimesSync(STAMP, new Date(), new Date());
  return true;
}

function newest(paths) {
  let time = 0;
  for (const path of paths) {
    const info = statSync(path);
    const inside = info.isDirectory() ? newest(readdirSync(path).map((name) => join(path, name))) : 0;
    time = Math.max(time, info.mtimeMs, inside);
  }
  return time;
}
