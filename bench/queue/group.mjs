// From "handed in" to "begun": ours beside bare BullMQ, an insert with an awaited add, graphile-worker and pg-boss; what is lost, and what idling costs.
import { fill, people as peopleOf, removeNew } from '../api/seed.mjs';
import { inFlight, inTurns, openLoop, ratios } from '../lib/pairs.mjs';
import { ISSUER, SECRET, Services } from '../lib/services.mjs';
import { median, percentile } from '../lib/stats.mjs';
import { openArms } from './arms.mjs';
import { idleCost } from './idle.mjs';
import { timeLost } from './lost.mjs';

const AT_ONCE = 32;
const EVERY_MS = 40;
const PERCENTILES = ['p10', 'p25', 'p50', 'p75', 'p90', 'p99'];

export async function run({ plan, record, say }) {
  const wants = (part) => !plan.only || plan.only.some((id) => id.startsWith(part));
  if (wants('PQ1') || wants('PQ2')) await startsAndRates({ plan, record, say });
  if (plan.smoke) return record.skip(['PQ3', 'PQ4.redis', 'PQ4.postgres'], 'not in the smoke run');
  if (wants('PQ3')) await timeLost({ plan, record, say });
  if (wants('PQ4')) await idleCost({ plan, record, say });
}

async function startsAndRates({ plan, record, say }) {
  const services = await Services.open({ fill });
  try {
    const people = await peopleOf(services.databaseUrl, { secret: SECRET, issuer: ISSUER });
    // Nobody's tasks run, so nobody is at the limit of his plan.
    await services.admin.query(`DELETE FROM tasks WHERE status IN ('queued', 'in_progress'); UPDATE subscription_plans SET max_concurrent_tasks = 10000`);
    const arms = await openArms({ services, people, skip: (goal, why) => record.skip(goal, why) });
    const names = Object.keys(arms);
    for (const name of names) await many(arms[name], Math.min(plan.many, 200), services);
    await idleStarts({ plan, record, say, services, arms });
    const slices = await inTurns([...names, 'again'], plan.pairs, async (name) => {
      const rate = await many(arms[name === 'again' ? 'bare BullMQ' : name], plan.many, services);
      await removeNew(services.admin);
      return rate;
    });
    const rates = (name) => slices.get(name);
    for (const [name, values] of slices) if (name !== 'again') record.row('Accepted and started a second', { arm: name, median: median(values), least: Math.min(...values), most: Math.max(...values) });
    record.again('bare BullMQ ÷ bare BullMQ, rate', ...ratios(rates('again'), rates('bare BullMQ')));
    record.sample('PQ2', ...ratios(rates('ours'), rates('bare BullMQ')));
    if (rates('graphile-worker')) record.sample('PQ2b.graphile', ...ratios(rates('ours'), rates('graphile-worker')));
    if (rates('pg-boss')) record.sample('PQ2b.pgboss', ...ratios(rates('ours'), rates('pg-boss')));
    record.holds('every job handed in began, each attempt was claimed once');
    say(`rates: ${names.map((name) => `${name} ${median(rates(name)).toFixed(0)}/s`).join(', ')}`);
  } finally {
    await services.close();
  }
}

/** One at a time at a fixed rate, on idle processes. */
async function idleStarts({ plan, record, services, arms }) {
  const names = ['ours', 'bare BullMQ', 'insert, then add'];
  const all = Object.fromEntries(names.map((name) => [name, []]));
  const slices = await inTurns(names, plan.pairs, async (name) => {
    const times = await openLoop({ count: plan.calls, everyMs: EVERY_MS }, (_, intended) => oneStart(arms[name], intended, services));
    all[name].push(...times);
    await removeNew(services.admin);
    return median(times);
  });
  record.sample('PQ1', ...ratios(slices.get('ours'), slices.get('bare BullMQ')));
  record.sample('PQ1b', ...ratios(slices.get('ours'), slices.get('insert, then add')));
  for (const name of names) {
    const sorted = all[name].sort((a, b) => a - b);
    record.row('Idle: milliseconds to the start (percentiles)', { arm: name, ...Object.fromEntries(PERCENTILES.map((at) => [at, percentile(sorted, Number(at.slice(1)) / 100)])) });
  }
}

async function oneStart(arm, intended, services) {
  const due = performance.timeOrigin + intended;
  const id = await arm.send();
  const job = arm.byTask ? await attemptOf(services.admin, id) : id;
  return (await arm.ear.startOf(job)) - due;
}

async function many(arm, count, services) {
  const ids = [];
  const began = performance.timeOrigin + performance.now();
  await inFlight(count, AT_ONCE, async () => ids.push(await arm.send()));
  const jobs = arm.byTask ? await attemptsOf(services.admin, ids) : ids;
  const starts = await Promise.all(jobs.map((job) => arm.ear.startOf(job, 60_000)));
  if (arm.ear.doubles > 0) throw new Error(`${arm.ear.doubles} jobs were claimed twice`);
  return (count * 1_000) / (Math.max(...starts) - began);
}

async function attemptOf(admin, taskId) {
  return (await attemptsOf(admin, [taskId]))[0];
}

async function attemptsOf(admin, taskIds) {
  const { rows } = await admin.query('SELECT id FROM task_attempts WHERE task_id = ANY ($1::uuid[])', [taskIds]);
  if (rows.length !== taskIds.length) throw new Error(`${taskIds.length} tasks have ${rows.length} attempts`);
  return rows.map(({ id }) => id);
}
