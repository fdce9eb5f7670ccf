// The quickstart's task with nothing but npm's packages, beside the same with a PostgreSQL and a Redis that run already: from its submission to its pull request.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inTurns, ratios } from '../lib/pairs.mjs';
import { require } from '../lib/services.mjs';
import { median } from '../lib/stats.mjs';

export async function run({ plan, record, say }) {
  const folder = mkdtempSync(join(tmpdir(), 'async-coder-bench-embedded-'));
  const { startPostgres } = require('./dist/test/support/postgres.js');
  const { startRedis } = require('./dist/test/support/redis.js');
  const postgres = await startPostgres({ durable: true });
  const redis = await startRedis();
  let n = 0;
  try {
    const arms = { embedded: async () => ({}), services: async () => ({ DATABASE_URL: await freshDatabase(postgres, (n += 1)), REDIS_URL: redis.url }) };
    const slices = await inTurns([...Object.keys(arms), ...(plan.smoke ? [] : ['again'])], plan.pairs, async (name) => {
      const seconds = once(await arms[name === 'again' ? 'services' : name](), join(folder, 'state.json'));
      say(`quickstart, ${name}: ${seconds.toFixed(1)} s`);
      return seconds;
    });
    record.sample('PX1', ...ratios(slices.get('embedded'), slices.get('services')));
    if (slices.get('again')) record.again('services ÷ services', ...ratios(slices.get('again'), slices.get('services')));
    for (const [name, values] of slices) if (name !== 'again') record.row('Quickstart, built already: seconds from nothing to the pull request', { arm: name, median: median(values), least: Math.min(...values) });
    record.holds('each run ended with its pull request');
  } finally {
    await redis.stop();
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function freshDatabase(postgres, n) {
  await postgres.ensureDatabase(`quickstart_${n}`);
  return postgres.url(`quickstart_${n}`);
}

function once(settings, state) {
  const { DATABASE_URL: _database, REDIS_URL: _redis, ...env } = process.env;
  const began = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/quickstart.mjs', '--once', '--state', state], { encoding: 'utf8', env: { ...env, API_PORT: '0', ...settings }, timeout: 180_000 });
  if (status !== 0) throw new Error(`the quickstart failed\n${stdout.slice(-2_000)}${stderr.slice(-2_000)}`);
  return (performance.now() - began) / 1_000;
}
