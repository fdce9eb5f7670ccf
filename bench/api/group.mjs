// What a request costs us, beside a floor and its rivals.
import { median } from '../lib/stats.mjs';
import { checkAnswers } from './answers.mjs';
import { Bench } from './bench.mjs';

const OPS = ['read', 'list', 'create'];
const SHORT_ARMS = ['floor', 'ours', 'stock', 'adapter', 'fastapi', 'starlette', 'fastapi today', 'again'];
const ALL_ARMS = ['floor', 'ours', 'stock', 'fastify', 'adapter', 'override', 'fastapi', 'starlette', 'fastapi today', 'again'];

export async function run({ plan, record, say }) {
  const arms = plan.arms ?? (plan.pairs >= 10 ? ALL_ARMS : SHORT_ARMS);
  const bench = new Bench({ boots: 2, warmUp: 12_000, ...plan, arms, ops: plan.ops ?? OPS }, say);
  try {
    await bench.open();
    await vet(bench);
    await bench.checkAnswers();
    record.holds('all arms answer alike and write the same rows; our answers are valid by our OpenAPI; expired, forged, foreign and revoked tokens are refused; every answer had the status expected');
    digest(await bench.run(), { bench, record, arms });
  } finally {
    await bench.close();
  }
}

/** A rival that does not answer as we do has no figures; it breaks off nothing else. */
async function vet(bench) {
  const all = bench.arms;
  const known = all.filter(({ name }) => ['floor', 'ours', 'again'].includes(name));
  for (const arm of all.filter((each) => !known.includes(each))) {
    try {
      bench.arms = [...known, arm];
      await checkAnswers(bench);
    } catch (error) {
      bench.missing[arm.name] = `answers differently: ${error.message.split('\n')[0].slice(0, 160)}`;
      bench.say(`${arm.name}: ${error.message.slice(0, 600)}`);
      await arm.stop();
      all.splice(all.indexOf(arm), 1);
    }
  }
  bench.arms = all;
}

function digest({ slices, alone, memory, boots }, { bench, record, arms }) {
  const of = (list, arm, op) => list.filter((slice) => slice.arm === arm && slice.op === op).sort((a, b) => a.round - b.round);
  const ratio = (above, below, op) => of(slices, above, op).map(({ server }, n) => server / of(slices, below, op)[n].server);
  for (const [n, op] of OPS.entries()) {
    if (of(slices, 'ours', op).length === 0) continue;
    record.sample(`PA${n + 1}`, ...ratio('floor', 'ours', op));
    for (const [goal, arm] of [['PA4', 'fastapi'], ['PA5', 'stock'], ['PA6', 'adapter']]) {
      if (of(slices, arm, op).length > 0) record.sample(`${goal}.${op}`, ...ratio(arm, 'ours', op));
      else record.skip(`${goal}.${op}`, bench.missing[arm] ?? `the arm "${arm}" was not asked for`);
    }
    const modern = ['starlette', 'fastapi today'].filter((arm) => of(slices, arm, op).length > 0);
    const best = modern.sort((a, b) => median(of(slices, a, op).map(({ server }) => server)) - median(of(slices, b, op).map(({ server }) => server)))[0];
    if (best) record.sample(`PA4b.${op}`, ...ratio(best, 'ours', op));
    else record.skip(`PA4b.${op}`, `${bench.missing.starlette ?? 'starlette was not asked for'}; ${bench.missing['fastapi today'] ?? 'nor fastapi'}`);
    if (of(slices, 'again', op).length > 0) record.again(`the floor ÷ the floor, ${op}`, ...ratio('again', 'floor', op));
  }
  for (const arm of arms) for (const op of OPS) describe(record, of(slices, arm, op), memory[arm]);
  const [floor, ours] = ['floor', 'ours'].map((arm) => of(alone, arm, 'read'));
  if (ours.length > 0 && floor.length > 0) record.sample('PA7', ...ours.map(({ p50 }, n) => p50 - floor[n].p50));
  if (boots) {
    record.sample('PA8', ...boots.ours.map((ms, n) => ms / boots.empty[n]));
    record.row('Start to ready, ms', { arm: 'ours', median: median(boots.ours) });
    record.row('Start to ready, ms', { arm: 'an empty Nest', median: median(boots.empty) });
  }
}

function describe(record, slices, mb) {
  if (slices.length === 0) return;
  const at = (name) => median(slices.map((slice) => slice[name]));
  record.row('CPU of one operation, µs (medians)', {
    arm: slices[0].arm, operation: slices[0].op, server: at('server'), least: Math.min(...slices.map(({ server }) => server)), PostgreSQL: at('postgres'), Redis: at('redis'), 'writes of the server': at('writes'), 'a second': at('rate'), 'p50 ms': at('p50'), 'p99 ms': at('p99'), 'memory MB': mb,
  });
}
