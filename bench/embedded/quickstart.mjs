// `npm run bench:quickstart`: how long the whole product takes from nothing running to a pull request, built already. Prints each run and the median.
import { spawnSync } from 'node:child_process';

const RUNS = Number(process.argv[2] ?? 5);
const times = [];
for (let run = 1; run <= RUNS; run += 1) {
  const began = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/quickstart.mjs', '--once', '--state', '.quickstart-bench.json'], { encoding: 'utf8' });
  if (status !== 0) {
    process.stderr.write(`${stdout}${stderr}`);
    process.exit(1);
  }
  times.push((performance.now() - began) / 1_000);
  const task = /(\d+) model calls, ([\d,]+) tokens, ([\d.]+) credits/.exec(stdout);
  process.stdout.write(`run ${run}: ${times.at(-1).toFixed(1)} s${task ? `, ${task[0]}` : ''}\n`);
}
const median = [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)];
process.stdout.write(`median of ${RUNS}: ${median.toFixed(1)} s\n`);
