// Cuts the operations we use out of GitHub's description: node extract.mjs api.github.com.json [operationId …] > openapi-subset.json
import { readFileSync } from 'node:fs';

/** Prose and examples: what a check of requests and answers never reads, and most of the size. */
const LEFT_OUT = new Set(['description', 'example', 'examples', 'externalDocs', 'summary', 'tags', 'x-github', 'x-octokit']);
const present = new URL('openapi-subset.json', import.meta.url);

const [file, ...more] = process.argv.slice(2);
if (file === undefined) throw new Error('usage: extract.mjs api.github.com.json [operationId …]');
const source = JSON.parse(readFileSync(file, 'utf8'));
const wanted = new Set([...operations(JSON.parse(readFileSync(present, 'utf8'))).map(({ operation }) => operation.operationId), ...more]);
const found = operations(source).filter(({ operation }) => wanted.has(operation.operationId));
const missing = [...wanted].filter((id) => !found.some(({ operation }) => operation.operationId === id));
if (missing.length > 0) throw new Error(`not in ${file}: ${missing.join(', ')}`);

const { openapi, info } = source;
const subset = { openapi, info, paths: {}, components: {} };
const waiting = found.map(({ path, method, operation }) => ((subset.paths[path] ??= {})[method] = trimmed(operation)));
while (waiting.length > 0) {
  for (const [, kind, name] of JSON.stringify(waiting.pop()).matchAll(/"#\/components\/(\w+)\/([^"]+)"/g)) {
    const group = (subset.components[kind] ??= {});
    if (name in group) continue;
    group[name] = trimmed(source.components[kind][name]);
    waiting.push(group[name]);
  }
}
process.stdout.write(`${JSON.stringify(subset)}\n`);

function operations({ paths }) {
  return Object.entries(paths).flatMap(([path, methods]) => Object.entries(methods).flatMap(([method, operation]) => (operation?.operationId ? [{ path, method, operation }] : [])));
}

/** A property may be called like a keyword that is left out: then it stays. */
function trimmed(value, isNames = false) {
  if (Array.isArray(value)) return value.map((part) => trimmed(part));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).flatMap(([key, part]) => (!isNames && LEFT_OUT.has(key) ? [] : [[key, trimmed(part, key === 'properties' && !isNames)]])));
}
