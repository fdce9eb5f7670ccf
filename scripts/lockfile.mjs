// Checks package-lock.json: complete for every platform, integrity everywhere, nothing from outside the registry.
import { readFileSync } from 'node:fs';
import { satisfies } from 'semver';

const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
const faults = [];

/** The entry that Node would load for `name` from the package at `path`: its own node_modules first, then each level above. */
function lookUp(path, name) {
  const levels = path.split('/node_modules/');
  for (let depth = levels.length; depth > 0; depth -= 1) {
    const entry = packages[`${levels.slice(0, depth).join('/node_modules/')}/node_modules/${name}`];
    if (entry) return entry;
  }
  return packages[`node_modules/${name}`];
}

for (const [path, entry] of Object.entries(packages)) {
  if (path === '') continue;
  if (!entry.integrity) faults.push(`${path} has no integrity`);
  if (entry.resolved) faults.push(`${path} names a registry address`);
  if (entry.link || /^(git|file|https?):/.test(entry.version ?? '')) faults.push(`${path} does not come from the registry`);
  for (const [name, range] of Object.entries(entry.optionalDependencies ?? {})) {
    const found = lookUp(path, name);
    if (!found) faults.push(`${path} wants ${name}@${range}, which is missing`);
    else if (!range.startsWith('npm:') && !satisfies(found.version, range)) faults.push(`${path} wants ${name}@${range} and would get ${found.version}`);
  }
}

for (const fault of faults) process.stderr.write(`${fault}\n`);
process.stdout.write(`${Object.keys(packages).length} lockfile entries, ${faults.length} faults\n`);
process.exit(faults.length === 0 ? 0 : 1);
