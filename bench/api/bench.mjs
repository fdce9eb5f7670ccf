import { fork, spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { loadavg } from 'node:os';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { cpuOf, cpuOfFamily, memoryOf, startServer } from '../lib/proc.mjs';
import { ARMS } from './arms.mjs';
import { checkAnswers, checkRefusals, checkSchema } from './answers.mjs';
import { timeBoots } from './boots.mjs';
import { fill, people, removeNew } from './seed.mjs';

const require = createRequire(join(process.cwd(), 'package.json'));
const DATABASE = 'bench';
const SECRET = 'the secret of the bench, longer than 32 bytes';
const ISSUER = 'http://127.0.0.1:3000';
const POOL = '16';
/** On, and never reached. */
const LIMITS = Object.fromEntries(['DEFAULT', 'ANONYMOUS', 'TASKS'].map((name) => [`RATE_LIMIT_${name}`, '10000000/60']));
const CONNECTIONS = 32;
/** The compiler of V8 needs calls, not seconds. */
const WARM_UP = { calls: 12_000, seconds: 30 };
const EXPECTED = { read: 200, list: 200, create: 201 };

/** One run: services, arms, rounds. */
export class Bench {
  constructor(plan, say) {
    this.plan = plan;
    this.say = say;
    this.closers = [];
    this.arms = [];
  }

  async open() {
    await this.startServices();
    const settings = {
      DATABASE_URL: this.databaseUrl, DATABASE_POOL_SIZE: POOL, REDIS_URL: this.redis.url, JWT_SECRET: SECRET, KEK: Buffer.alloc(32, 7).toString('base64'), PUBLIC_URL: ISSUER,
      LOG_LEVEL: 'info', API_PORT: '0', DRAIN_MS: '0', ANTHROPIC_API_KEY: 'sk-ant-api03-bench-0000000000000000', DISABLED_INTEGRATIONS: 'github,stripe,clerk', ...LIMITS,
    };
    this.settings = settings;
    for (const name of this.plan.arms) {
      const { script, env, ready, program, isThere, needsSql } = ARMS[name];
      if (isThere && !isThere()) {
        this.say(`${name}: not installed, not run`);
        continue;
      }
      const server = await startServer(name, [script], { env: { ...settings, ...env, ...(needsSql ? { BENCH_SQL: JSON.stringify(await import('./sql.mjs')) } : {}) }, ready, program });
      this.closers.push(() => server.stop());
      this.arms.push(server);
    }
    this.people = await people(this.databaseUrl, { secret: SECRET, issuer: ISSUER });
    this.client = fork('bench/lib/load-client.mjs', { stdio: 'inherit' });
    this.closers.push(() => void this.client.kill());
    this.admin = new pg.Client({ connectionString: this.databaseUrl });
    await this.admin.connect();
    this.closers.push(() => this.admin.end());
  }

  async startServices() {
    const { startPostgres } = require('./dist/test/support/postgres.js');
    const { startRedis } = require('./dist/test/support/redis.js');
    this.postgres = await startPostgres({ durable: true });
    this.closers.push(() => this.postgres.stop());
    this.redis = await startRedis();
    this.closers.push(() => this.redis.stop());
    await this.postgres.ensureDatabase(DATABASE);
    this.databaseUrl = this.postgres.url(DATABASE);
    for (const step of ['migrate', 'seed']) {
      const { status, stdout, stderr } = spawnSync(process.execPath, [`dist/libs/domain/src/cli/${step}.js`], { env: { PATH: process.env.PATH, DATABASE_URL: this.databaseUrl }, encoding: 'utf8' });
      if (status !== 0) throw new Error(`${step} failed\n${stdout}${stderr}`);
    }
    await fill(this.databaseUrl);
    this.redisPid = redisOn(new URL(this.redis.url).port);
    const admin = new pg.Client({ connectionString: this.databaseUrl });
    await admin.connect();
    const { rows } = await admin.query(`SELECT pg_backend_pid() AS pid`);
    this.postgresPid = parentOf(rows[0].pid);
    // Each vacuum makes every connection plan anew, in whichever arm's slice that falls.
    await admin.query('VACUUM ANALYZE');
    await admin.query('ALTER SYSTEM SET autovacuum = off');
    await admin.query('SELECT pg_reload_conf()');
    await admin.end();
  }

  arm(name) {
    return this.arms.find((arm) => arm.name === name);
  }

  async checkAnswers() {
    await checkAnswers(this);
    if (this.arm('ours')) await checkSchema(this);
    if (this.arm('ours')) await checkRefusals(this);
    this.say('answers: equal in all arms, valid by our OpenAPI; expired, forged and revoked tokens refused');
  }

  async run() {
    const slices = [];
    // One operation after the other: what creates leave behind in the tables must not weigh on the reads.
    for (const op of this.plan.ops) {
      for (const arm of this.arms.filter((each) => serves(each, op))) await this.warmUp(op, arm);
      for (let round = 1; round <= this.plan.rounds; round += 1) {
        // Forward, then backward: what drifts during a round falls on all alike.
        const order = round % 2 === 1 ? this.arms : [...this.arms].reverse();
        for (const arm of order.filter((each) => serves(each, op))) slices.push({ round, ...(await this.slice(op, arm, this.plan.seconds)) });
        this.say(`${op}: round ${round} of ${this.plan.rounds}, load ${loadavg()[0].toFixed(1)}`);
      }
    }
    const alone = await this.oneByOne();
    const memory = Object.fromEntries(this.arms.map((arm) => [arm.name, memoryOf(arm.pid)]));
    const boots = this.plan.boots > 0 ? await timeBoots(this.settings, this.plan.boots) : null;
    return { machine: machine(), plan: this.plan, slices, alone, memory, boots };
  }

  async warmUp(op, arm) {
    const until = performance.now() + WARM_UP.seconds * 1_000;
    for (let calls = 0; calls < (this.plan.warmUp ?? WARM_UP.calls) && performance.now() < until; ) calls += (await this.slice(op, arm, 2)).count;
  }

  /** Arms take turns with one connection, for the latency of a request that meets no other. */
  async oneByOne() {
    const slices = [];
    const arms = this.arms.filter((arm) => ['floor', 'ours'].includes(arm.name));
    for (let round = 1; round <= this.plan.rounds; round += 1) for (const arm of round % 2 ? arms : [...arms].reverse()) slices.push({ round, ...(await this.slice('read', arm, 1, 1)) });
    return slices;
  }

  async slice(op, arm, seconds, connections = CONNECTIONS) {
    const before = this.costs(arm);
    const result = await this.load({ target: arm.url, connections, seconds, requests: this.requests(op, arm), expected: EXPECTED[op] });
    const after = this.costs(arm);
    if (Object.keys(result.unexpected).length > 0) throw new Error(`${arm.name} answered ${op} with ${JSON.stringify(result.unexpected)}:\n${result.sample}`);
    if (op === 'create') await removeNew(this.admin);
    const perOperation = (name) => (after[name] - before[name]) / result.count / 1_000;
    return { op, arm: arm.name, count: result.count, rate: result.count / result.seconds, p50: result.p50, p99: result.p99, server: perOperation('server'), postgres: perOperation('postgres'), redis: perOperation('redis') };
  }

  costs(arm) {
    return { server: cpuOf(arm.pid), postgres: cpuOfFamily(this.postgresPid), redis: cpuOf(this.redisPid) };
  }

  load(job) {
    return new Promise((resolve, reject) => {
      const ended = (code) => reject(new Error(`the load generator ended with ${code}`));
      this.client.once('exit', ended);
      this.client.once('message', (message) => {
        this.client.removeListener('exit', ended);
        resolve(message);
      });
      this.client.send(job);
    });
  }

  requests(op, arm) {
    const host = new URL(arm.url).host;
    const head = (method, path, token) => `${method} ${path} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${token}\r\nAccept: application/json\r\nUser-Agent: bench/1\r\n`;
    return this.people.flatMap(({ token, tasks, repo_id: repositoryId }, n) => {
      if (op === 'read') return [0, 7, 13].map((k) => ({ text: `${head('GET', `/api/v1/tasks/${tasks[(n + k) % tasks.length]}`, token)}\r\n` }));
      if (op === 'list') return [{ text: `${head('GET', '/api/v1/tasks', token)}\r\n` }];
      const body = JSON.stringify({ repositoryId, prompt: 'The retry loop gives up too early when the upstream answers 503. {id}', tags: ['backend'], metadata: { ticket: 'ABC-123' }, maxCredits: 50 });
      return [{ fresh: true, head: `${head('POST', '/api/v1/tasks', token)}Content-Type: application/json\r\n`, body }];
    });
  }

  async close() {
    for (const close of this.closers.reverse()) await close();
  }
}

function serves(arm, op) {
  return (ARMS[arm.name].ops ?? ['read', 'list', 'create']).includes(op);
}

function parentOf(pid) {
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

function machine() {
  const cpu = /model name\s*: (.+)/.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1];
  return { cpu, node: process.version, date: new Date().toISOString().slice(0, 16), load: loadavg().map((value) => Number(value.toFixed(2))), pressure: readFileSync('/proc/pressure/cpu', 'utf8').split('\n')[0] };
}
