import { interval, median, verdict } from '../lib/stats.mjs';

const RIVALS = { PA1: ['floor', 'read'], PA2: ['floor', 'list'], PA3: ['floor', 'create'], 'PA4.read': ['fastapi', 'read'], 'PA4.list': ['fastapi', 'list'], 'PA4.create': ['fastapi', 'create'],
  'PA5.read': ['stock', 'read'], 'PA5.list': ['stock', 'list'], 'PA5.create': ['stock', 'create'] };
/** Two equal things further apart than this: nothing is decided. */
const SAME = [0.85, 1.18];

/** Tables of a run in Markdown, and whether a gate was missed. */
export function report(figures, goals) {
  const rows = goals.map((goal) => ({ ...judge(goal, samplesOf(goal.id, figures)), quietest: quietest(goal.id, figures) }));
  const same = figures.plan.ops.flatMap((op) => {
    const samples = ratios(figures.slices, op, 'floor', 'again');
    return samples.length > 0 ? [{ op, at: median(samples), range: interval(samples) }] : [];
  });
  const unsure = same.some(({ range: [low, high] }) => low < SAME[0] || high > SAME[1]);
  const text = [
    '', `${figures.machine.cpu}, 2 cores shared; ${figures.machine.node}; ${figures.machine.date} UTC; load ${figures.machine.load.join(' ')}; ${figures.plan.rounds} rounds of ${figures.plan.seconds} s`, '',
    '| arm | operation | server µs | least | PostgreSQL µs | Redis µs | requests/s | p50 ms | p99 ms |', '|---|---|---|---|---|---|---|---|---|', ...costs(figures), '',
    `memory MB: ${Object.entries(figures.memory).map(([name, mb]) => `${name} ${mb}`).join(', ')}`,
    ...same.map(({ op, at, range }) => `the floor ÷ the floor, ${op}: ${show(at)} (${range.map(show).join('-')})`), '',
    '| goal | what | median | 90 % interval | quietest | gate | target | stretch | verdict |', '|---|---|---|---|---|---|---|---|---|', ...rows.map((row) => line(row, unsure)), '',
  ].join('\n');
  return { text: `${text}\n`, failed: rows.some(({ word }) => word === 'FAIL') };
}

function samplesOf(id, { slices, alone, boots }) {
  if (RIVALS[id]) return ratios(slices, RIVALS[id][1], RIVALS[id][0], 'ours');
  if (id === 'PA7') return pairs(alone, 'read', 'floor', 'ours').map(([floor, ours]) => ours.p50 - floor.p50);
  if (id === 'PA8' && boots) return boots.ours.map((ms, n) => ms / boots.empty[n]);
  return [];
}

/** The ratio of each arm's cheapest slices: what else runs on the machine only ever adds. Shown beside the verdict, never instead. */
function quietest(id, { slices }) {
  if (!RIVALS[id]) return null;
  const [rival, op] = RIVALS[id];
  const least = (arm) => Math.min(...slices.filter((slice) => slice.op === op && slice.arm === arm).map(({ server }) => server));
  const ratio = least(rival) / least('ours');
  return Number.isFinite(ratio) ? ratio : null;
}

function judge(goal, samples) {
  if (samples.length === 0) return { goal, word: 'SKIPPED' };
  const range = interval(samples);
  return { goal, at: median(samples), range, word: verdict(goal, range) };
}

function line({ goal, at, range, word, quietest: least }, unsure) {
  const reached = at === undefined ? '' : [['stretch', goal.stretch], ['target', goal.target]].find(([, value]) => (goal.direction === 'up' ? at >= value : at <= value))?.[0];
  const final = unsure && word !== 'SKIPPED' ? `INCONCLUSIVE (noise), else ${word}` : word;
  return `| ${goal.id} | ${goal.metric} | ${at === undefined ? '' : show(at)} | ${range ? range.map(show).join('-') : ''} | ${least ? show(least) : ''} | ${goal.gate} | ${goal.target} | ${goal.stretch} | ${final}${reached ? `, ${reached} reached` : ''} |`;
}

function ratios(slices, op, above, below) {
  return pairs(slices, op, above, below).map(([a, b]) => a.server / b.server);
}

function pairs(slices, op, first, second) {
  const of = (name) => new Map(slices.filter((slice) => slice.op === op && slice.arm === name).map((slice) => [slice.round, slice]));
  const others = of(second);
  return [...of(first)].flatMap(([round, slice]) => (others.has(round) ? [[slice, others.get(round)]] : []));
}

function costs({ slices, plan }) {
  return plan.ops.flatMap((op) => plan.arms.flatMap((arm) => {
    const own = slices.filter((slice) => slice.op === op && slice.arm === arm);
    if (own.length === 0) return [];
    const of = (name, digits = 0) => median(own.map((slice) => slice[name])).toFixed(digits);
    return [`| ${arm} | ${op} | ${of('server')} | ${Math.min(...own.map(({ server }) => server)).toFixed(0)} | ${of('postgres')} | ${of('redis')} | ${of('rate')} | ${of('p50', 1)} | ${of('p99', 1)} |`];
  }));
}

function show(value) {
  return value.toFixed(2);
}
