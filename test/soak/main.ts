// `npm run soak`: hours of mixed load on the whole product; whether anything grows that should not. SOAK_MINUTES (120), SOAK_RPS (20), SOAK_SAMPLE_SECONDS (15), SOAK_OUT (docs/benchmarks/soak.json).
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { MixedLoad } from './mixed-load';
import type { Sample } from './samples';
import { SoakHouse } from './soak-house';
import { judge, type Judged } from './verdict';

const setting = (name: string, fallback: number): number => Number(process.env[name] ?? fallback);
const MINUTES = setting('SOAK_MINUTES', 120);
const PER_SECOND = setting('SOAK_RPS', 20);
const SAMPLE_MS = setting('SOAK_SAMPLE_SECONDS', 15) * 1_000;
const OUT = process.env['SOAK_OUT'] ?? 'docs/benchmarks/soak.json';
/** Until what a load leaves behind is gone: idle connections, workspaces, jobs. */
const REST_MS = 45_000;
const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function main(): Promise<void> {
  const house = await SoakHouse.open();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void house.close().finally(() => process.exit(130)));
  try {
    // One round of everything first, so that pools, mirrors and compiled code are there.
    await warmUp(house);
    const before = await house.sample();
    const load = new MixedLoad(house, PER_SECOND);
    const samples = await sampled(house);
    const served = await load.stop();
    await wait(REST_MS);
    const after = await house.sample();
    const verdict = judge(samples, { before, after });
    const reconciled = house.reconcile();
    const bad = [...(verdict.isLongEnough ? verdict.slopes : []), ...verdict.leftOver].filter(({ isGood }) => !isGood);
    const isGood = bad.length === 0 && house.dead.length === 0 && served.failed.length === 0 && load.torn.length === 0 && reconciled === 'Unexplained: 0';
    const { calls, p50Ms, p99Ms } = served;
    const report = { minutes: MINUTES, perSecond: PER_SECOND, cores: cpus().length, node: process.version, at: new Date().toISOString(), isGood, calls, p50Ms, p99Ms, failed: served.failed, tasks: load.tasks, cancelled: load.cancelled, torn: load.torn, dead: house.dead, reconciled, ...verdict, before, after, samples };
    mkdirSync(dirname(OUT), { recursive: true });
    writeFileSync(OUT, `${JSON.stringify(report, null, 1)}\n`);
    say(table(verdict.slopes, verdict.isLongEnough ? 'per minute' : 'per minute (too short a run to judge)'));
    say(table(verdict.leftOver, 'more at the end, at rest'));
    const memory = Math.max(...verdict.slopes.filter(({ name }) => name.endsWith('rssMb')).map(({ found }) => found));
    say(`\nFor docs/benchmarks.md:\n| soak | ${MINUTES} min, ${PER_SECOND} requests/s, ${load.tasks} tasks | p50 ${p50Ms} ms, p99 ${p99Ms} ms, ${served.failed.length === 0 ? 'none' : 'SOME'} of ${calls} failed | memory at most ${memory.toFixed(2)} MB/min | ${isGood ? 'good' : 'BAD'} |`);
    process.exitCode = isGood ? 0 : 1;
  } finally {
    await house.close();
  }
}

async function warmUp(house: SoakHouse): Promise<void> {
  const load = new MixedLoad(house, PER_SECOND);
  await wait(Math.min(60_000, MINUTES * 10_000));
  await load.stop();
  await wait(REST_MS / 3);
}

async function sampled(house: SoakHouse): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  for (const end = Date.now() + MINUTES * 60_000; Date.now() < end && house.dead.length === 0; await wait(SAMPLE_MS)) {
    const sample = await house.sample();
    samples.push(sample);
    if (samples.length % 20 === 1) say(JSON.stringify(sample));
  }
  return samples;
}

function table(judged: readonly Judged[], what: string): string {
  return [`\n${what}:`, ...judged.map(({ name, found, most, isGood }) => `  ${isGood ? 'ok ' : 'BAD'} ${name}: ${found} (at most ${most})`)].join('\n');
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
});
