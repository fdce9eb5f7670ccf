// `npm run bench:api [-- --rounds 20 --seconds 2 --arms floor,ours --ops read,list --smoke --gate --save name --show file]`:
// what a request costs us, beside a floor and its rivals.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Bench } from './bench.mjs';
import { report } from './report.mjs';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '10' }, seconds: { type: 'string', default: '2' },
    arms: { type: 'string', default: 'floor,ours,stock,fastify,fastapi,again' }, ops: { type: 'string', default: 'read,list,create' },
    boots: { type: 'string', default: '5' }, smoke: { type: 'boolean', default: false }, gate: { type: 'boolean', default: false }, save: { type: 'string' }, show: { type: 'string' },
  },
});
const smoke = options.smoke ? { rounds: 1, seconds: 1, boots: 1, warmUp: 100 } : {};
const plan = { rounds: Number(options.rounds), seconds: Number(options.seconds), boots: Number(options.boots), ...smoke, arms: options.arms.split(','), ops: options.ops.split(',') };

const goals = JSON.parse(readFileSync('bench/GOALS.json', 'utf8'));
if (options.show) {
  process.stdout.write(report(JSON.parse(readFileSync(options.show, 'utf8')), goals).text);
  process.exit(0);
}

const bench = new Bench(plan, (line) => process.stdout.write(`${line}\n`));
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void bench.close().finally(() => process.exit(1)));
try {
  await bench.open();
  await bench.checkAnswers();
  const figures = await bench.run();
  const { text, failed } = report(figures, goals);
  process.stdout.write(text);
  if (options.save) {
    mkdirSync('bench/results', { recursive: true });
    writeFileSync(`bench/results/${options.save}.json`, `${JSON.stringify(figures, null, 1)}\n`);
  }
  if (options.gate && failed) process.exitCode = 1;
} finally {
  await bench.close();
}
