import { startServer } from '../lib/proc.mjs';

const OURS = { script: 'dist/apps/api/src/main.js', ready: (line) => line.msg === 'api listening' && line.url, path: '/health/ready' };
const EMPTY = { script: 'bench/api/arms/nest-empty.mjs', ready: undefined, path: '/' };

/** Milliseconds from the start of the process to the first good answer, in turns. */
export async function timeBoots(settings, times) {
  const result = { ours: [], empty: [] };
  for (let n = 0; n < times; n += 1) {
    result.empty.push(await timeBoot(EMPTY, settings));
    result.ours.push(await timeBoot(OURS, settings));
  }
  return result;
}

async function timeBoot({ script, ready, path }, env) {
  const began = performance.now();
  const server = await startServer(script, [script], { env, ready });
  while (!(await fetch(server.url + path)).ok) await new Promise((resolve) => setTimeout(resolve, 10));
  const ms = performance.now() - began;
  await server.stop();
  return ms;
}
