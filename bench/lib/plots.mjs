// Plots as SVG text, by vega without a browser.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rival } from './rivals.mjs';

const WIDTH = 640;

/** Draws what there are figures for; nothing where vega is not installed. */
export async function drawPlots(goals, latest, folder) {
  const why = [];
  const [vega, lite] = [await rival('vega', (reason) => why.push(reason)), await rival('vega-lite', (reason) => why.push(reason))];
  if (!vega || !lite) {
    process.stdout.write(`no plots: ${why[0]}\n`);
    return [];
  }
  const plots = [ratios(goals, latest), costs(latest), starts(latest), steps(latest), memory(latest)].filter((plot) => plot !== null);
  for (const { file, spec } of plots) {
    const view = new vega.View(vega.parse(lite.compile({ $schema: 'https://vega.github.io/schema/vega-lite/v6.json', background: 'white', width: WIDTH, ...spec }).spec), { renderer: 'none' });
    writeFileSync(join(folder, file), `${await view.toSVG()}\n`);
  }
  return plots;
}

/** How far each goal's median is beyond its gate: 1 is the gate, more is better, whichever way the goal goes. */
function ratios(goals, latest) {
  const values = Object.values(latest).flatMap(({ verdicts }) => verdicts).filter(({ at }) => at !== undefined && at > 0).map(({ id, at, range, word }) => {
    const goal = goals.find((one) => one.id === id);
    const beyond = (value) => Math.max(0.05, goal.direction === 'up' ? value / goal.gate : goal.gate / Math.max(value, goal.gate / 100));
    const [low, high] = range.map(beyond).sort((a, b) => a - b);
    return { id, at: beyond(at), low, high, target: goal.direction === 'up' ? goal.target / goal.gate : goal.gate / goal.target, word };
  });
  if (values.length === 0) return null;
  const y = { field: 'id', type: 'nominal', title: null, sort: null };
  const x = { type: 'quantitative', scale: { type: 'log' } };
  return {
    title: 'Each goal as a multiple of its gate', file: 'goals.svg',
    spec: {
      title: 'Each goal as a multiple of its gate (more is better); the tick is the target', data: { values },
      layer: [
        { mark: { type: 'rule', color: '#999' }, data: { values: [{ gate: 1 }] }, encoding: { x: { field: 'gate', ...x } } },
        { mark: { type: 'rule', strokeWidth: 2, color: '#bbb' }, encoding: { y, x: { field: 'low', ...x, title: 'median ÷ gate, with the 90 % interval' }, x2: { field: 'high' } } },
        { mark: { type: 'tick', color: '#333', thickness: 2 }, encoding: { y, x: { field: 'target', ...x } } },
        { mark: { type: 'point', filled: true, size: 60 }, encoding: { y, x: { field: 'at', ...x }, color: { field: 'word', type: 'nominal', title: null, scale: { domain: ['PASS', 'INCONCLUSIVE', 'FAIL'], range: ['#2a9d3a', '#e0a100', '#c9302c'] } } } },
      ],
    },
  };
}

function costs(latest) {
  const rows = latest.api?.tables['CPU of one operation, µs (medians)'] ?? [];
  const values = rows.flatMap((row) => ['server', 'PostgreSQL', 'Redis'].map((part) => ({ arm: row.arm, operation: row.operation, part, us: row[part] })));
  if (values.length === 0) return null;
  return {
    title: 'CPU of one request by arm', file: 'api-cpu.svg',
    spec: { title: 'CPU of one request, µs', data: { values }, width: 200, mark: 'bar', encoding: { column: { field: 'operation', type: 'nominal', title: null, sort: null }, y: { field: 'arm', type: 'nominal', title: null, sort: null }, x: { field: 'us', type: 'quantitative', title: 'µs', aggregate: 'sum' }, color: { field: 'part', type: 'nominal', title: null } }, resolve: { scale: { x: 'independent' } } },
  };
}

function starts(latest) {
  const rows = latest.queue?.tables['Idle: milliseconds to the start (percentiles)'] ?? [];
  const values = rows.flatMap((row) => ['p10', 'p25', 'p50', 'p75', 'p90', 'p99'].map((at) => ({ arm: row.arm, share: Number(at.slice(1)), ms: row[at] })));
  if (values.length === 0) return null;
  return { title: 'From the call to the start of its handler', file: 'queue-start.svg', spec: { title: 'From the call to the start of its handler', data: { values }, mark: { type: 'line', point: true }, encoding: { x: { field: 'ms', type: 'quantitative', title: 'ms', scale: { type: 'log' } }, y: { field: 'share', type: 'quantitative', title: '% started' }, color: { field: 'arm', type: 'nominal', title: null } } } };
}

function steps(latest) {
  const values = latest.engine?.tables['Milliseconds a step along a task']?.flatMap((row) => Object.entries(row).filter(([name]) => name !== 'arm').map(([step, ms]) => ({ arm: row.arm, step: Number(step), ms: Number(ms) }))) ?? [];
  if (values.length === 0) return null;
  return { title: 'Milliseconds a step along a task', file: 'engine-steps.svg', spec: { title: 'Milliseconds a step along a task', data: { values }, mark: { type: 'line', point: true }, encoding: { x: { field: 'step', type: 'quantitative' }, y: { field: 'ms', type: 'quantitative', title: 'ms a step' }, color: { field: 'arm', type: 'nominal', title: null } } } };
}

function memory(latest) {
  const values = latest.engine?.tables['Memory of the worker over running tasks'] ?? [];
  if (values.length === 0) return null;
  return { title: 'Memory of the worker over running tasks', file: 'engine-memory.svg', spec: { title: 'Memory of the worker over running tasks', data: { values: values.map((row) => ({ tasks: row['running tasks'], mb: row.MB })) }, mark: { type: 'line', point: true }, encoding: { x: { field: 'tasks', type: 'quantitative', title: 'running tasks' }, y: { field: 'mb', type: 'quantitative', title: 'MB', scale: { zero: false } } } } };
}
