import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = 'bench/results';

export function saveFigures(run) {
  mkdirSync(FOLDER, { recursive: true });
  const names = Object.keys(run.groups);
  const path = join(FOLDER, `${run.date.replaceAll(':', '').replace('T', '-')}${names.length === 1 ? `-${names[0]}` : ''}.json`);
  writeFileSync(path, `${JSON.stringify(run, null, 1)}\n`);
  return path;
}

/** The newest figures of each group, with the run they are of. */
export function latestFigures() {
  const latest = {};
  const runs = readdirSync(FOLDER).filter((name) => /^\d{4}-\d\d-\d\d-\d{6}/.test(name)).sort();
  for (const file of runs) {
    const run = JSON.parse(readFileSync(join(FOLDER, file), 'utf8'));
    for (const [name, figures] of Object.entries(run.groups)) latest[name] = { ...figures, file, machine: run.machine, commit: run.commit };
  }
  return latest;
}
