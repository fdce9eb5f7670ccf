// What a CPU profile of V8 says: own time by function and by package, between two moments of the monotonic clock.
import { readFileSync } from 'node:fs';

/** Microseconds of the clock that profiles are written by. */
export function moment() {
  return Number(process.hrtime.bigint() / 1_000n);
}

/** Own microseconds by function, most first, and by where the function lives. */
export function readProfile(file, [from, until] = [0, Infinity]) {
  const { nodes, samples, timeDeltas, startTime } = JSON.parse(readFileSync(file, 'utf8'));
  const byId = new Map(nodes.map((node) => [node.id, node.callFrame]));
  const functions = new Map();
  const places = new Map();
  let clock = startTime;
  let busy = 0;
  samples.forEach((id, n) => {
    clock += timeDeltas[n];
    const frame = byId.get(id);
    if (clock < from || clock > until || frame.functionName === '(idle)') return;
    busy += timeDeltas[n];
    add(functions, `${frame.functionName || '(anonymous)'} ${short(frame.url)}${frame.lineNumber > 0 ? `:${frame.lineNumber + 1}` : ''}`, timeDeltas[n]);
    add(places, placeOf(frame), timeDeltas[n]);
  });
  const sorted = (map) => [...map].map(([name, us]) => ({ name, us })).sort((a, b) => b.us - a.us);
  return { busy, functions: sorted(functions), places: sorted(places) };
}

function add(map, key, value) {
  map.set(key, (map.get(key) ?? 0) + value);
}

function placeOf({ functionName, url }) {
  if (url === '') return functionName.startsWith('(') ? functionName : 'built into V8 and Node';
  const packages = [...url.matchAll(/node_modules\/((?:@[^/]+\/)?[^/]+)/g)];
  if (packages.length > 0) return packages.at(-1)[1];
  if (url.startsWith('node:')) return url.replace('node:internal/', 'node:').split('/')[0];
  return /dist\/(libs\/[^/]+|apps\/[^/]+\/src\/[^/]+(?:\/[^/]+(?=\/))?)/.exec(url)?.[1] ?? url;
}

function short(url) {
  return url.replace(/^file:\/\//, '').replace(/^.*\/node_modules\//, '').replace(/^.*\/dist\//, '');
}
