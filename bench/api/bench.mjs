import { fork } from 'node:child_process';
import { loadavg } from 'node:os';
import { cpuOf, memoryOf, startServer, writesOf } from '../lib/proc.mjs';
import { ISSUER, require, SECRET, Services } from '../lib/services.mjs';
import { ARMS } from './arms.mjs';
import { checkAnswers, checkRefusals, checkSchema } from './answers.mjs';
import { timeBoots } from './boots.mjs';
import { fill, people, removeNew } from './seed.mjs';

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
    /** Arms that are not run, and why. */
    this.missing = {};
  }

  async open() {
    this.services = await Services.open({ fill });
    this.closers.push(() => this.services.close());
    const { DEFAULT_OPTIONS } = require('./dist/apps/api/src/tasks/dto/task.response.js');
    this.settings = { ...this.services.settings, BENCH_OPTIONS: JSON.stringify(DEFAULT_OPTIONS) };
    this.admin = this.services.admin;
    for (const name of this.plan.arms) {
      const { isThere } = ARMS[name];
      const why = isThere ? await isThere() : null;
      if (why !== null) {
        this.missing[name] = why;
        this.say(`${name}: ${why}`);
        continue;
      }
      const server = await this.startArm(name);
      this.closers.push(() => server.stop());
      this.arms.push(server);
    }
    this.people = await people(this.services.databaseUrl, { secret: SECRET, issuer: ISSUER });
    this.client = fork('bench/lib/load-client.mjs', { stdio: 'inherit' });
    this.closers.push(() => void this.client.kill());
  }

  async startArm(name) {
    const { script, flags = [], env, ready, program, needsSql } = ARMS[name];
    const sql = needsSql ? { BENCH_SQL: JSON.stringify(await import('./sql.mjs')) } : {};
    return startServer(name, [...flags, script], { env: { ...this.settings, ...env, ...sql }, ready, program: program?.() });
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
      for (let round = 1; round <= this.plan.pairs; round += 1) {
        // Forward, then backward: what drifts during a round falls on all alike.
        const order = round % 2 === 1 ? this.arms : [...this.arms].reverse();
        for (const arm of order.filter((each) => serves(each, op))) slices.push({ round, ...(await this.slice(op, arm, this.plan.seconds)) });
        this.say(`${op}: round ${round} of ${this.plan.pairs}, load ${loadavg()[0].toFixed(1)}`);
      }
    }
    const alone = await this.oneByOne();
    const memory = Object.fromEntries(this.arms.map((arm) => [arm.name, memoryOf(arm.pid)]));
    const boots = this.plan.boots > 0 ? await timeBoots(this.settings, this.plan.boots) : null;
    return { slices, alone, memory, boots };
  }

  async warmUp(op, arm) {
    const until = performance.now() + WARM_UP.seconds * 1_000;
    for (let calls = 0; calls < (this.plan.warmUp ?? WARM_UP.calls) && performance.now() < until; ) calls += (await this.slice(op, arm, 2)).count;
  }

  /** Arms take turns with one connection, for the latency of a request that meets no other. */
  async oneByOne() {
    const slices = [];
    const arms = this.arms.filter((arm) => ['floor', 'ours'].includes(arm.name));
    for (let round = 1; round <= this.plan.pairs; round += 1) for (const arm of round % 2 ? arms : [...arms].reverse()) slices.push({ round, ...(await this.slice('read', arm, 1, 1)) });
    return slices;
  }

  async slice(op, arm, seconds, connections = CONNECTIONS) {
    const before = this.costs(arm);
    const result = await this.load({ target: arm.url, connections, seconds, requests: this.requests(op, arm), expected: EXPECTED[op] });
    const after = this.costs(arm);
    if (Object.keys(result.unexpected).length > 0) throw new Error(`${arm.name} answered ${op} with ${JSON.stringify(result.unexpected)}:\n${result.sample}`);
    if (op === 'create') await removeNew(this.admin);
    const perOperation = (name) => (after[name] - before[name]) / result.count / 1_000;
    return { op, arm: arm.name, count: result.count, rate: result.count / result.seconds, p50: result.p50, p99: result.p99, server: perOperation('server'), postgres: perOperation('postgres'), redis: perOperation('redis'), writes: (after.writes - before.writes) / result.count };
  }

  costs(arm) {
    return { server: cpuOf(arm.pid), writes: writesOf(arm.pid), ...this.services.costs() };
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
