// One scripted edit, from the start to the recorded change: a real aider beside the platform, on the same model.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { cpuOfEnded, cpuOfFamily } from '../lib/proc.mjs';
import { parentOf } from '../lib/services.mjs';
import { openHouse } from './house.mjs';

const AIDER = [process.env.AIDER_PATH, '.tools/aider/bin/aider', '/opt/async-coder-agents/aider/bin/aider', join(homedir(), '.cache/async-coder/aider/bin/aider')].find((path) => path && existsSync(path));
const BEFORE = 'exports.answer = () => 41;\n';
const AFTER = 'exports.answer = () => 42;\n';

export async function runEdit({ rounds, say }) {
  const house = await openHouse('compatible');
  try {
    const folder = mkdtempSync(join(house.scratch, 'edit-'));
    writeFileSync(join(folder, 'index.js'), BEFORE);
    const repository = await house.addRepository('edit', folder);
    house.postgresPid = parentOf((await house.rows('SELECT pg_backend_pid() AS pid'))[0].pid);
    const rows = [];
    for (let round = 0; round <= rounds; round += 1) {
      // The first of each is not counted: it fills caches.
      for (const [arm, run] of [['aider', aider], ['ours', ours]]) {
        const spent = spending(house, arm);
        const ms = await run(house, { mark: `edit by ${arm}, round ${round}`, repository });
        if (ms === null || round === 0) continue;
        rows.push({ arm, ms, cpu: spent() });
        say(`one edit by ${arm}: ${ms.toFixed(0)} ms`);
      }
    }
    return rows;
  } finally {
    await house.close();
  }
}

/** CPU milliseconds since: of the programs that aider was and started, or of API, worker and database with theirs. */
function spending(house, arm) {
  const pids = [house.api.pid, house.workers[0].pid, house.postgresPid];
  const now = () => (arm === 'aider' ? cpuOfEnded() : pids.filter(Boolean).reduce((sum, pid) => sum + cpuOfFamily(pid), 0)) / 1e6;
  const before = now();
  return () => now() - before;
}

async function aider(house, { mark, repository }) {
  if (!AIDER) return null;
  await house.script(mark, [{ text: `I change the answer.\n\nindex.js\n\`\`\`\n${AFTER}\`\`\`\n` }], { by: 'calls' });
  const folder = mkdtempSync(join(house.scratch, 'aider-'));
  spawnSync('git', ['clone', '--quiet', repository.cloneUrl, folder]);
  const [message, empty] = ['message.txt', 'empty.env'].map((name) => join(house.scratch, name));
  writeFileSync(message, `Change the answer to 42. (${mark})`);
  writeFileSync(empty, '');
  const args = ['--message-file', message, '--yes-always', '--no-auto-commits', '--no-dirty-commits', '--no-stream', '--no-pretty', '--no-check-update', '--no-show-release-notes', '--analytics-disable', '--no-show-model-warnings',
    '--no-suggest-shell-commands', '--no-detect-urls', '--no-gitignore', '--edit-format', 'whole', '--model', 'openai/bench-model', '--openai-api-base', `${house.model.url}/v1`, '--map-tokens', '0', '--env-file', empty, 'index.js'];
  const began = performance.now();
  const { stdout, stderr } = spawnSync(AIDER, args, { cwd: folder, encoding: 'utf8', timeout: 120_000, env: { PATH: process.env.PATH, HOME: house.scratch, OPENAI_API_KEY: 'sk-bench-0000000000000000', LITELLM_LOCAL_MODEL_COST_MAP: 'True' } });
  const ms = performance.now() - began;
  if (readFileSync(join(folder, 'index.js'), 'utf8') !== AFTER) throw new Error(`aider did not make the edit:\n${stdout.slice(-1_500)}${stderr.slice(-1_500)}`);
  return ms;
}

/** From the request to the row that says that the work was handed in. */
async function ours(house, { mark, repository }) {
  await house.script(mark, [
    { calls: [{ name: 'read', args: { path: 'index.js' } }] },
    { calls: [{ name: 'edit', args: { path: 'index.js', old: BEFORE, new: AFTER } }] },
    { calls: [{ name: 'submit', args: { title: 'Change the answer', summary: 'It is 42.', testing: 'None.', risks: 'None.' } }] },
  ]);
  const began = Date.now();
  const { id } = await house.client.post('/tasks', { repositoryId: repository.id, prompt: `Change the answer to 42. (${mark})` });
  for await (const { event } of house.client.events(id)) if (event === 'done') break;
  const { data } = await house.client.get(`/tasks/${id}/events?limit=100`);
  return Date.parse(data.find(({ type, data: { to } }) => type === 'status' && to === 'publishing').createdAt) - began;
}
