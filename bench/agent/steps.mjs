// What a step costs outside the model: one scripted model, whose every turn is a command; a bare loop, mini-swe-agent and the platform take turns.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { median } from '../lib/stats.mjs';
import { openHouse } from './house.mjs';

/** A task makes at most 200 model calls. */
export const MOST_STEPS = 195;
const MINI = process.env.MINI_SWE_AGENT_PYTHON ?? join(homedir(), '.cache/async-coder/mini/bin/python');
/** Each step's reply is as long as a short test's output, so that the history grows as it would. */
const COMMAND = (n) => `echo step ${n}; seq 1 120`;
const WINDOW = 10;

export async function runSteps({ rounds, steps = 70, command = COMMAND, arms: wanted = ['bare', 'mini-swe-agent', 'ours'], say }) {
  const STEPS = Math.min(steps, MOST_STEPS);
  const house = await openHouse('compatible');
  try {
    const folder = mkdtempSync(join(house.scratch, 'empty-'));
    writeFileSync(join(folder, 'README.md'), 'A repository.\n');
    const repository = await house.addRepository('steps', folder);
    const rows = [];
    for (let round = 1; round <= rounds; round += 1) {
      const arms = [['bare', bare], ['again', bare], ['mini-swe-agent', mini], ['ours', ours]].filter(([arm]) => wanted.includes(arm));
      for (const [arm, run] of round % 2 ? arms : arms.reverse()) {
        const mark = `steps of ${arm}, round ${round}`;
        await house.script(mark, Array.from({ length: STEPS }, (_, n) => ({ calls: [{ name: 'bash', args: { command: command(n) } }] })));
        const times = await run(house, { mark, repository, steps: STEPS });
        if (times === null) continue;
        if (times.length < STEPS) throw new Error(`${arm} made ${times.length} of ${STEPS} steps`);
        rows.push({ arm, round, early: pace(times, Math.min(WINDOW, STEPS)), late: pace(times, STEPS), all: (times[STEPS - 1] - times[0]) / (STEPS - 1), along: along(times), parts: times.parts });
        say(`${mark}: ${rows.at(-1).all.toFixed(1)} ms a step`);
      }
    }
    return rows;
  } finally {
    await house.close();
  }
}

/** The pace at every tenth step. */
function along(times) {
  return Object.fromEntries(Array.from({ length: Math.floor(times.length / WINDOW) }, (_, n) => [(n + 1) * WINDOW, pace(times, (n + 1) * WINDOW)]));
}

/** Milliseconds a step over the ten steps that end with the given one. */
function pace(times, last) {
  return (times[last - 1] - times[last - WINDOW]) / (WINDOW - 1);
}

function bare(house, { mark }) {
  return printed(process.execPath, ['bench/agent/arms/bare.mjs', JSON.stringify({ url: house.model.url, mark })]);
}

function mini(house, { mark, steps }) {
  if (!existsSync(MINI)) return null;
  return printed(MINI, ['bench/agent/arms/mini.py', JSON.stringify({ url: house.model.url, mark, steps })], { MSWEA_SILENT_STARTUP: '1', MSWEA_GLOBAL_CONFIG_DIR: house.scratch, LITELLM_LOCAL_MODEL_COST_MAP: 'True' });
}

/** By the rows: the moment that each step was written, and how a step falls into its parts. */
async function ours(house, { mark, repository, steps }) {
  const { id } = await house.client.post('/tasks', { repositoryId: repository.id, prompt: mark, options: { maxTurns: steps } });
  // At its last step the task pauses, which is no end of its stream.
  for await (const { event, data } of house.client.events(id)) if (event === 'done' || (event === 'status' && data.to === 'paused')) break;
  const rows = await house.rows(`SELECT type, extract(epoch FROM created_at) * 1000 AS at, (data->>'durationMs')::float8 AS took FROM task_events WHERE task_id = $1 ORDER BY seq`, [id]);
  const times = rows.filter(({ type }) => type === 'tool.result').map(({ at }) => Number(at));
  times.parts = partsOf(rows);
  return times;
}

/** Medians in milliseconds: the model's call, from its answer to the tool's result, the tool alone, from a result to the next call (checkpoint, commit, hold). */
function partsOf(rows) {
  const gap = (from, to) => {
    const gaps = [];
    rows.forEach((row, n) => {
      if (row.type !== from) return;
      const next = rows.slice(n + 1, n + 5).find(({ type }) => type === to);
      if (next) gaps.push(Number(next.at) - Number(row.at));
    });
    return gaps.length > 0 ? median(gaps) : 0;
  };
  return { model: gap('model.requested', 'model.completed'), act: gap('model.completed', 'tool.result'), tool: median(rows.filter(({ type }) => type === 'tool.result').map(({ took }) => took)), between: gap('tool.result', 'model.requested') };
}

function printed(program, args, env = {}) {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env }, timeout: 120_000 });
  if (status !== 0) throw new Error(`${args[0]} failed: ${stderr.slice(-2_000)}`);
  return JSON.parse(stdout.slice(stdout.lastIndexOf('{'))).times;
}
