// What a step costs outside the model: one scripted model, whose every turn is a command; a bare loop, mini-swe-agent and the platform take turns.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { openHouse } from './house.mjs';

const MINI = process.env.MINI_SWE_AGENT_PYTHON ?? join(homedir(), '.cache/async-coder/mini/bin/python');
/** Each step's reply is as long as a short test's output, so that the history grows as it would. */
const COMMAND = (n) => `echo step ${n}; seq 1 120`;
/** Beyond them the loop of a mode would end. */
export const STEPS = 70;
const WINDOW = 10;

export async function runSteps({ rounds, say }) {
  const house = await openHouse('compatible');
  try {
    const folder = mkdtempSync(join(house.scratch, 'empty-'));
    writeFileSync(join(folder, 'README.md'), 'A repository.\n');
    const repository = await house.addRepository('steps', folder);
    const rows = [];
    for (let round = 1; round <= rounds; round += 1) {
      const arms = [['bare', bare], ['mini-swe-agent', mini], ['ours', ours]];
      for (const [arm, run] of round % 2 ? arms : arms.reverse()) {
        const mark = `steps of ${arm}, round ${round}`;
        await house.script(mark, Array.from({ length: STEPS }, (_, n) => ({ calls: [{ name: 'bash', args: { command: COMMAND(n) } }] })));
        const times = await run(house, { mark, repository });
        if (times === null) continue;
        if (times.length < STEPS) throw new Error(`${arm} made ${times.length} of ${STEPS} steps`);
        rows.push({ arm, round, early: pace(times, WINDOW), late: pace(times, STEPS), all: (times[STEPS - 1] - times[0]) / (STEPS - 1) });
        say(`${mark}: ${rows.at(-1).all.toFixed(1)} ms a step`);
      }
    }
    return rows;
  } finally {
    await house.close();
  }
}

/** Milliseconds a step over the ten steps that end with the given one. */
function pace(times, last) {
  return (times[last - 1] - times[last - WINDOW]) / (WINDOW - 1);
}

function bare(house, { mark }) {
  return printed(process.execPath, ['bench/agent/arms/bare.mjs', JSON.stringify({ url: house.model.url, mark })]);
}

function mini(house, { mark }) {
  if (!existsSync(MINI)) return null;
  return printed(MINI, ['bench/agent/arms/mini.py', JSON.stringify({ url: house.model.url, mark, steps: STEPS })], { MSWEA_SILENT_STARTUP: '1', MSWEA_GLOBAL_CONFIG_DIR: house.scratch, LITELLM_LOCAL_MODEL_COST_MAP: 'True' });
}

/** By the rows: the moment that each step was written. */
async function ours(house, { mark, repository }) {
  const { id } = await house.client.post('/tasks', { repositoryId: repository.id, prompt: mark, options: { maxTurns: STEPS } });
  for await (const { event } of house.client.events(id)) if (event === 'done') break;
  const times = [];
  for (let after = 0; ; ) {
    const { data } = await house.client.get(`/tasks/${id}/events?limit=100&after=${after}`);
    if (data.length === 0) return times;
    times.push(...data.filter(({ type }) => type === 'tool_result').map(({ createdAt }) => Date.parse(createdAt)));
    after = data.at(-1).seq;
  }
}

function printed(program, args, env = {}) {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env }, timeout: 120_000 });
  if (status !== 0) throw new Error(`${args[0]} failed: ${stderr.slice(-2_000)}`);
  return JSON.parse(stdout.slice(stdout.lastIndexOf('{'))).times;
}
