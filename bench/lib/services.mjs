// PostgreSQL, Redis and the schema for a group of benches, on 127.0.0.1, with what they cost.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import pg from 'pg';
import { cpuOf, cpuOfFamily } from './proc.mjs';

export const require = createRequire(join(process.cwd(), 'package.json'));
export const SECRET = 'the secret of the bench, longer than 32 bytes';
export const ISSUER = 'http://127.0.0.1:3000';
const DATABASE = 'bench';
/** On, and never reached. The burst of new tasks is as small as it is without settings, so that Redis is asked for each. */
export const LIMITS = { ...Object.fromEntries(['DEFAULT', 'ANONYMOUS', 'WEBHOOKS', 'TESTS', 'SIGN_IN', 'SIGN_IN_ACCOUNT'].map((name) => [`RATE_LIMIT_${name}`, '10000000/60'])), RATE_LIMIT_TASKS: '10000000/60/30' };

/** What a group runs on. `close` ends all that was given to `onClose`, newest first. */
export class Services {
  #closers = [];

  static async open({ redis = true, fill } = {}) {
    const services = new Services();
    try {
      await services.#start({ redis, fill });
      return services;
    } catch (error) {
      await services.close();
      throw error;
    }
  }

  onClose(close) {
    this.#closers.push(close);
  }

  /** CPU so far, in nanoseconds. */
  costs() {
    return { postgres: cpuOfFamily(this.postgresPid), redis: this.redisPid ? cpuOf(this.redisPid) : 0 };
  }

  async close() {
    for (const close of this.#closers.splice(0).reverse()) await close();
  }

  async #start({ redis, fill }) {
    const { startPostgres } = require('./dist/test/support/postgres.js');
    const postgres = await startPostgres({ durable: true });
    this.onClose(() => postgres.stop());
    await postgres.ensureDatabase(DATABASE);
    this.databaseUrl = postgres.url(DATABASE);
    migrateAndSeed(this.databaseUrl);
    if (redis) await this.#startRedis();
    await fill?.(this.databaseUrl);
    this.admin = new pg.Client({ connectionString: this.databaseUrl });
    await this.admin.connect();
    this.onClose(() => this.admin.end());
    const { rows } = await this.admin.query('SELECT pg_backend_pid() AS pid');
    this.postgresPid = parentOf(rows[0].pid);
    // Each vacuum makes every connection plan anew, in whichever arm's slice that falls.
    await this.admin.query('VACUUM ANALYZE');
    await this.admin.query('ALTER SYSTEM SET autovacuum = off');
    await this.admin.query('SELECT pg_reload_conf()');
    this.settings = {
      DATABASE_URL: this.databaseUrl, DATABASE_POOL_SIZE: '16', ...(redis ? { REDIS_URL: this.redisUrl } : {}), JWT_SECRET: SECRET, KEK: Buffer.alloc(32, 7).toString('base64'), PUBLIC_URL: ISSUER,
      LOG_LEVEL: 'info', API_PORT: '0', DRAIN_MS: '0', ANTHROPIC_API_KEY: 'sk-ant-api03-bench-0000000000000000', DISABLED_INTEGRATIONS: 'github,stripe,clerk', ...LIMITS,
    };
  }

  async #startRedis() {
    const { startRedis } = require('./dist/test/support/redis.js');
    const server = await startRedis();
    this.onClose(() => server.stop());
    this.redisUrl = server.url;
    this.redisPid = redisOn(new URL(server.url).port);
  }
}

export function migrateAndSeed(databaseUrl) {
  for (const step of ['migrate', 'seed']) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [`dist/libs/domain/src/cli/${step}.js`], { env: { PATH: process.env.PATH, DATABASE_URL: databaseUrl }, encoding: 'utf8' });
    if (status !== 0) throw new Error(`${step} failed\n${stdout}${stderr}`);
  }
}

export function parentOf(pid) {
  return Number(/PPid:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);
}

function redisOn(port) {
  const isIt = (pid) => {
    try {
      return readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'redis-server' && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`:${port}`);
    } catch {
      return false;
    }
  };
  return Number(readdirSync('/proc').find((name) => /^\d+$/.test(name) && isIt(name)));
}
