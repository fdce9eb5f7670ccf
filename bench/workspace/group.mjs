// How soon a workspace stands, and what a command in it costs: ours through the platform, beside git alone and the same command outside.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { openHouse } from '../agent/house.mjs';
import { runWorkspaces } from '../agent/workspaces.mjs';
import { median } from '../lib/stats.mjs';

const BALLAST_MB = 1_024;

export async function run({ plan, record, say }) {
  const wants = (...ids) => !plan.only || ids.some((id) => plan.only.includes(id));
  if (wants('PW1', 'PW1b', 'PW2', 'PW3')) await record.part(['PW1', 'PW1b', 'PW3'], say, () => workspaces({ plan, record, say }));
  if (wants('PW4', 'PW4b')) await record.part(['PW4', 'PW4b'], say, () => commands({ plan, record, say }));
}

async function workspaces({ plan, record, say }) {
  const rows = await runWorkspaces({ rounds: plan.pairs, say });
  const of = (arm) => rows.filter((row) => row.arm === arm).map(({ ms }) => ms);
  const [warm, [first], tree, again, clone] = ['ours', 'ours, first ever', 'git worktree add', 'git worktree add, again', 'git clone --depth 1'].map(of);
  // The first round is the cold one.
  warm.forEach((ms, n) => {
    record.sample('PW1', ms / tree[n + 1]);
    record.sample('PW1b', ms / clone[n + 1]);
  });
  record.sample('PW3', first / clone[0]);
  record.skip('PW2', 'a workspace is a checkout of the mirror each time, so "cold" and "warm" are one: PW1 beside git clone --shared is in the table');
  record.again('git worktree add ÷ git worktree add', ...again.map((ms, n) => ms / tree[n]));
  for (const arm of [...new Set(rows.map((row) => row.arm))].filter((name) => !name.endsWith('again'))) record.row('A workspace of 3,800 files in 1,900 folders, ms', { arm, median: median(of(arm)), least: Math.min(...of(arm)) });
  record.holds('each task found its workspace at the ref and ended');
}

/** By the tool's own clock, inside the worker; outside by a small process's. */
async function commands({ plan, record, say }) {
  const light = await inHouse({ plan, settings: {} });
  const heavy = plan.smoke ? null : await inHouse({ plan, settings: { BENCH_BALLAST_MB: String(BALLAST_MB), NODE_OPTIONS: `--import ${resolve('bench/agent/inside.mjs')}` } });
  light.forEach((ms, n) => {
    record.sample('PW4', ms - outside(plan.commands));
    if (heavy) record.sample('PW4b', Math.max(heavy[n], 0.5) / Math.max(ms, 0.5));
  });
  record.row('bash -c true, p50 ms (whole milliseconds inside)', { where: 'sandbox, worker as it is', median: median(light) });
  if (heavy) record.row('bash -c true, p50 ms (whole milliseconds inside)', { where: `sandbox, worker with ${BALLAST_MB} MB more`, median: median(heavy) });
  record.row('bash -c true, p50 ms (whole milliseconds inside)', { where: 'outside', median: outside(plan.commands) });
  say(`a command in the sandbox: ${light.map((ms) => ms.toFixed(1)).join(', ')} ms${heavy ? `; with ${BALLAST_MB} MB: ${heavy.map((ms) => ms.toFixed(1)).join(', ')} ms` : ''}`);
}

async function inHouse({ plan, settings }) {
  const house = await openHouse('compatible', { settings });
  try {
    const folder = mkdtempSync(join(house.scratch, 'small-'));
    writeFileSync(join(folder, 'README.md'), 'A repository.\n');
    const repository = await house.addRepository('commands', folder);
    const medians = [];
    for (let round = 0; round < plan.pairs; round += 1) {
      const mark = `commands, round ${round}`;
      await house.script(mark, Array.from({ length: plan.commands }, (_, n) => ({ calls: [{ name: 'bash', args: { command: `true # ${n}` } }] })));
      const { id } = await house.client.post('/tasks', { repositoryId: repository.id, prompt: mark, options: { maxTurns: plan.commands } });
      for await (const { event } of house.client.events(id)) if (event === 'done') break;
      const rows = await house.rows(`SELECT (data->>'durationMs')::float8 AS ms FROM task_events WHERE task_id = $1 AND type = 'tool.result'`, [id]);
      if (rows.length < plan.commands) throw new Error(`of ${plan.commands} commands ${rows.length} ran`);
      medians.push(rows.reduce((sum, { ms }) => sum + ms, 0) / rows.length);
    }
    return medians;
  } finally {
    await house.close();
  }
}

function outside(count) {
  const program = `const { spawn } = require('node:child_process'); const times = []; (async () => { for (let n = 0; n < ${count}; n += 1) { const began = performance.now(); await new Promise((done) => spawn('bash', ['-c', 'true'], { stdio: ['ignore', 'pipe', 'pipe'] }).on('close', done)); times.push(performance.now() - began); } console.log(JSON.stringify(times)); })();`;
  return median(JSON.parse(spawnSync(process.execPath, ['-e', program], { encoding: 'utf8' }).stdout));
}
