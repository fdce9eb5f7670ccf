import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const TEST = 'reproduction.test.js';

/** Both versions of a case as folders: `before` is a repository to be mended, `after` is what the package's own authors made of it. Fetched once. */
export function fetchCase({ name, before, after, test }, cache) {
  const [from, to] = [before, after].map((version) => fetchPackage(name, version, cache));
  const repository = join(cache, `${name}-to-mend`);
  rmSync(repository, { recursive: true, force: true });
  cpSync(from, repository, { recursive: true });
  const manifest = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'));
  // Nothing to install: these packages need nothing to run, and their own tests would need their tools.
  writeFileSync(join(repository, 'package.json'), `${JSON.stringify({ name, version: before, main: manifest.main, scripts: { test: `node ${TEST}` } }, null, 2)}\n`);
  writeFileSync(join(repository, TEST), test.trimStart());
  return { before: repository, after: to };
}

function fetchPackage(name, version, cache) {
  const folder = join(cache, `${name}-${version}`);
  if (existsSync(join(folder, 'package.json'))) return folder;
  mkdirSync(folder, { recursive: true });
  run('npm', ['pack', `${name}@${version}`, '--silent', '--pack-destination', cache], cache);
  run('tar', ['xzf', join(cache, `${name}-${version}.tgz`), '-C', folder, '--strip-components=1'], cache);
  return folder;
}

function run(program, args, cwd) {
  const { status, stderr } = spawnSync(program, args, { cwd, encoding: 'utf8', timeout: 120_000 });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} failed: ${stderr}`);
}
