// `npm run bench [-- group… --pairs 20 --seconds 2 --smoke --gate --save --only PQ1,PQ3]`: every goal of bench/GOALS.json beside its peer and its floor.
// Without a group: all of them, short. `--save` keeps the figures in bench/results/ and writes docs/benchmarks.md. `--write` only writes it again.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { GROUPS } from './groups.mjs';
import { Record } from './lib/record.mjs';
import { judge } from './lib/judge.mjs';
import { latestFigures, saveFigures } from './lib/results.mjs';
import { groupText } from './lib/report.mjs';
import { writeDocs } from './lib/docs.mjs';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    pairs: { type: 'string' }, seconds: { type: 'string' }, smoke: { type: 'boolean', default: false }, gate: { type: 'boolean', default: false }, save: { type: 'boolean', default: false }, write: { type: 'boolean', default: false },
    full: { type: 'boolean', default: false }, arms: { type: 'string' }, ops: { type: 'string' }, only: { type: 'string' }, boots: { type: 'string' },
  },
});
const GOALS = JSON.parse(readFileSync('bench/GOALS.json', 'utf8'));
const say = (line) => process.stdout.write(`${line}\n`);
const names = positionals.length > 0 ? positionals : Object.keys(GROUPS);
const unknown = names.filter((name) => !GROUPS[name]);
if (unknown.length > 0) stop(`There is no group ${unknown.join(', ')}. There are ${Object.keys(GROUPS).join(', ')}.`);
if (!process.version.startsWith('v24.')) stop(`Figures of Node ${process.version} do not compare: npm runs this on the project's Node 24.`);

if (options.write) {
  await writeDocs(GOALS, latestFigures(), say);
  process.exit(0);
}
const run = { date: new Date().toISOString().slice(0, 19), command: `npm run bench -- ${process.argv.slice(2).join(' ')}`.trim(), machine: machine(), commit: commit(), groups: {} };
for (const name of names) run.groups[name] = await runGroup(name);
if (options.save) {
  say(`figures: ${saveFigures(run)}`);
  await writeDocs(GOALS, latestFigures(), say);
}
const verdicts = Object.values(run.groups).flatMap(({ verdicts: all }) => all);
say(`\n${['PASS', 'FAIL', 'INCONCLUSIVE', 'SKIPPED'].map((word) => `${word} ${verdicts.filter((one) => one.word === word).length}`).join(', ')} of ${verdicts.length} figures`);
const hasFailed = options.smoke || positionals.length === 0 ? Object.values(run.groups).some(({ error }) => error !== null) : false;
process.exit((options.gate && verdicts.some(({ word }) => word === 'FAIL')) || hasFailed ? 1 : 0);

async function runGroup(name) {
  const group = GROUPS[name];
  const goals = GOALS.filter(({ id }) => group.goals.test(id));
  const record = new Record();
  const began = performance.now();
  say(`\n## ${name}`);
  try {
    const { run: measure } = await group.load();
    await measure({ plan: planOf(group), record, say, options });
  } catch (error) {
    // A figure counts only if what must hold in its run held.
    record.error = error.stack ?? String(error);
    say(`${name} failed: ${record.error}`);
  }
  const { samples, skipped, same, tables, held, failed, error } = record;
  const figures = { date: new Date().toISOString().slice(0, 19), command: run.command, seconds: Math.round((performance.now() - began) / 1_000), load: loadavg().map((value) => Number(value.toFixed(1))), pressure: pressure(), plan: planOf(group), samples, skipped, same, tables, held, failed, error };
  figures.verdicts = goals.map((goal) => judge(goal, figures));
  say(groupText(name, figures, goals));
  return figures;
}

function planOf(group) {
  const short = options.smoke ? { ...group.short, ...group.smoke } : positionals.length === 0 ? group.short : { ...group.short, ...group.long };
  return { ...short, ...(options.pairs ? { pairs: Number(options.pairs) } : {}), ...(options.seconds ? { seconds: Number(options.seconds) } : {}), ...(options.boots ? { boots: Number(options.boots) } : {}), smoke: options.smoke, full: options.full, only: options.only?.split(','), arms: options.arms?.split(','), ops: options.ops?.split(',') };
}

function machine() {
  const cpu = /model name\s*: (.+)/.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1];
  return { cpu, cores: (readFileSync('/proc/cpuinfo', 'utf8').match(/^processor/gm) ?? []).length, node: process.version };
}

function pressure() {
  return /avg60=([\d.]+)/.exec(readFileSync('/proc/pressure/cpu', 'utf8'))?.[1] ?? null;
}

function commit() {
  return spawnSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).stdout?.trim() || null;
}

function stop(why) {
  process.stderr.write(`${why}\n`);
  process.exit(2);
}
