// What a worker that has nothing to do costs, with Redis and with PostgreSQL alone.
import { cpuOf } from '../lib/proc.mjs';
import { Services } from '../lib/services.mjs';
import { startWorker } from './lost.mjs';

const SETTLE_MS = 8_000;

export async function idleCost({ plan, record, say }) {
  const seconds = Math.max(4, Math.min(10, plan.pairs * 2));
  for (const [goal, redis] of [['PQ4.redis', true], ['PQ4.postgres', false]]) {
    const services = await Services.open({ redis });
    try {
      const worker = await startWorker(services);
      await pause(SETTLE_MS);
      for (let n = 0; n < 3; n += 1) {
        const before = cpuOf(worker.pid);
        const began = performance.now();
        await pause(seconds * 1_000);
        record.sample(goal, (cpuOf(worker.pid) - before) / 1_000_000 / (performance.now() - began) * 100);
      }
      say(`idle worker, ${redis ? 'Redis' : 'PostgreSQL alone'}: ${record.samples[goal].map((value) => value.toFixed(2)).join(', ')} % of a core`);
    } finally {
      await services.close();
    }
  }
}

function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
