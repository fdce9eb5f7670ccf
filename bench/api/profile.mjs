// `node bench/api/profile.mjs [--ops read,create] [--seconds 8] [--keep folder]`: where the API's time goes on its hottest paths, and at its start.
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { moment, readProfile } from '../lib/profile.mjs';
import { cpuOf, startServer } from '../lib/proc.mjs';
import { ARMS } from './arms.mjs';
import { Bench } from './bench.mjs';

const { values: options } = parseArgs({ options: { ops: { type: 'string', default: 'read,create' }, seconds: { type: 'string', default: '8' }, keep: { type: 'string' }, top: { type: 'string', default: '30' } } });
const say = (line) => process.stdout.write(`${line}\n`);
const bench = new Bench({ arms: [], ops: [], rounds: 1, seconds: 1, boots: 0 }, say);
const folder = options.keep ?? mkdtempSync(join(tmpdir(), 'async-coder-profile-'));
mkdirSync(folder, { recursive: true });
try {
  await bench.open();
  for (const op of ['start', ...options.ops.split(',')]) say(await profile(op));
} finally {
  await bench.close();
  if (!options.keep) rmSync(folder, { recursive: true, force: true });
}

async function profile(op) {
  const before = new Set(readdirSync(folder));
  const { script, ready } = ARMS.ours;
  const server = await startServer('ours', [`--cpu-prof`, `--cpu-prof-dir=${folder}`, `--cpu-prof-interval=400`, script], { env: bench.settings, ready });
  bench.arms = [server];
  let span = [0, moment()];
  let count = 1;
  let cpu = cpuOf(server.pid) / 1_000;
  if (op !== 'start') {
    await bench.slice(op, server, 6);
    const began = [moment(), cpuOf(server.pid)];
    ({ count } = await bench.slice(op, server, Number(options.seconds)));
    span = [began[0], moment()];
    cpu = (cpuOf(server.pid) - began[1]) / 1_000;
  }
  await server.stop();
  const file = readdirSync(folder).find((name) => name.endsWith('.cpuprofile') && !before.has(name));
  return describe(op, readProfile(join(folder, file), span), { count, cpu });
}

function describe(op, { busy, functions, places }, { count, cpu }) {
  const row = ({ name, us }) => `| ${name.replaceAll('|', '/')} | ${(us / count).toFixed(op === 'start' ? 0 : 1)} | ${((100 * us) / busy).toFixed(1)} |`;
  const table = (what, rows) => ['', `| ${what} | µs | % |`, '|---|---|---|', ...rows.map(row)];
  const head = op === 'start' ? `start: ${(busy / 1000).toFixed(0)} ms busy on the main thread, ${(cpu / 1000).toFixed(0)} ms of CPU` : `${op}: ${count} calls, ${(busy / count).toFixed(0)} µs busy on the main thread, ${(cpu / count).toFixed(0)} µs of CPU each, while profiled`;
  return ['', `## ${head}`, ...table('where', places.slice(0, Number(options.top))), ...table('function', functions.slice(0, Number(options.top)))].join('\n');
}
