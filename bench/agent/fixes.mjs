// Eight real fixes, replayed through the whole platform on every wire, and a model that does nothing, which guards the grader.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CASES } from './cases.mjs';
import { openHouse, WIRES } from './house.mjs';
import { fixOf, nothing, replay } from './oracle.mjs';
import { fetchCase, TEST } from './packages.mjs';

export async function runFixes({ wires, cases, cache, say }) {
  const chosen = CASES.filter(({ name }) => !cases || cases.includes(name)).map((each) => ({ ...each, folders: fetchCase(each, cache) }));
  for (const each of chosen) if (passes(each.folders.before)) throw new Error(`the reproduction of ${each.name} passes before the fix`);
  const rows = [];
  for (const kind of new Set(wires.map((wire) => WIRES[wire].house))) {
    const house = await openHouse(kind);
    try {
      for (const each of chosen) each.repository = await house.addRepository(each.name, each.folders.before);
      for (const wire of wires.filter((name) => WIRES[name].house === kind)) rows.push(...(await runWire(house, { wire, chosen, say })));
    } finally {
      await house.close();
    }
  }
  return rows;
}

async function runWire(house, { wire, chosen, say }) {
  const model = await house.modelOf(WIRES[wire].provider);
  const rows = [];
  for (const each of chosen) {
    for (const agent of ['replay', 'nothing']) {
      const mark = `${each.name} by ${agent} on ${wire}`;
      const fix = fixOf(each.folders);
      await house.script(mark, agent === 'replay' ? replay(fix, { format: WIRES[wire].format, name: each.name }) : nothing());
      const began = performance.now();
      const { task, events } = await house.run({ repositoryId: each.repository.id, model, prompt: `${each.prompt}\n\n(${mark})` });
      const row = { name: each.name, wire, agent, ms: performance.now() - began, status: task.status, steps: task.usage.modelCalls, toolErrors: events.filter(({ event, data }) => event === 'tool_result' && data.isError).length, ...grade(house, { task, fix, each }) };
      rows.push(row);
      say(`${mark}: ${row.mended ? 'mended' : 'not mended'}, ${task.status}, ${row.steps} model calls, ${(row.ms / 1000).toFixed(1)} s${agent === 'replay' && !row.isExact ? ', NOT what the authors wrote' : ''}`);
    }
  }
  return rows;
}

/** By the branch that was pushed, and by our own copy of the test. */
function grade(house, { task, fix, each }) {
  const folder = mkdtempSync(join(house.scratch, 'result-'));
  const { status } = spawnSync('git', ['clone', '--quiet', '--branch', `async-coder/${task.id}`, each.repository.cloneUrl, folder], { encoding: 'utf8' });
  if (status !== 0) return { mended: false, isExact: false };
  const isExact = fix.every(({ path, after }) => readFileSync(join(folder, path), 'utf8') === after) && changedIn(folder).every((path) => fix.some((file) => file.path === path));
  spawnSync('cp', [join(each.folders.before, TEST), join(folder, TEST)]);
  const mended = passes(folder);
  rmSync(folder, { recursive: true, force: true });
  return { mended, isExact };
}

function changedIn(folder) {
  return spawnSync('git', ['diff', '--name-only', 'HEAD~1', 'HEAD'], { cwd: folder, encoding: 'utf8' }).stdout.split('\n').filter(Boolean);
}

function passes(folder) {
  return spawnSync(process.execPath, [TEST], { cwd: folder, stdio: 'ignore', timeout: 60_000 }).status === 0;
}
