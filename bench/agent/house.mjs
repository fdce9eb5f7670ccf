// The whole product with a model peer on every wire: embedded PostgreSQL, a stand-in for GitHub, built api and worker.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { require } from '../lib/services.mjs';
import { Client } from '../../scripts/quickstart/client.mjs';
import { House } from '../../scripts/quickstart/house.mjs';
import { invitePeople } from '../../scripts/quickstart/people.mjs';
import { appSettings, choosePort, migrateAndSeed, startApps, startDatabase, startGithub } from '../../scripts/quickstart/services.mjs';

/** Wires and the provider whose models are called over them. The compatible server takes OpenAI's place, so it has a house of its own. */
export const WIRES = {
  anthropic: { provider: 'anthropic', format: 'edit', house: 'vendors' },
  openai_responses: { provider: 'openai', format: 'patch', house: 'vendors' },
  gemini: { provider: 'google', format: 'edit', house: 'vendors' },
  openai_chat: { provider: 'custom', format: 'edit', house: 'compatible' },
};

const NO_LIMITS = Object.fromEntries(['DEFAULT', 'ANONYMOUS', 'SIGN_IN', 'SIGN_IN_ACCOUNT', 'TASKS', 'TESTS'].map((name) => [`RATE_LIMIT_${name}`, '10000000/60']));

const ACCESS = {
  vendors: (url) => ({
    ANTHROPIC_API_KEY: 'sk-ant-api03-bench-0000000000000000', ANTHROPIC_BASE_URL: url,
    OPENAI_API_KEY: 'sk-proj-bench-0000000000000000', OPENAI_BASE_URL: `${url}/v1`,
    GEMINI_API_KEY: 'AIzaSyBench-00000000000000000000000000', GOOGLE_GEMINI_BASE_URL: url,
  }),
  compatible: (url) => ({ OPENAI_API_KEY: 'sk-bench-0000000000000000', OPENAI_BASE_URL: `${url}/v1`, OPENAI_COMPATIBLE_MODEL: 'bench-model' }),
};

/** `modelUrl`: a model of the bench's own in place of the scripted one. `redis`: with Redis, else PostgreSQL alone. */
export async function openHouse(kind, { workers = 1, modelUrl, redis = false, settings: extra = {} } = {}) {
  const house = new House();
  try {
    const redisUrl = redis ? await startRedis(house) : null;
    const database = await startDatabase(house);
    const [github, model] = await Promise.all([startGithub(house), house.start('llm', 'dist/test/peers/llm/main.js', { args: ['--port', '0'], env: { PATH: process.env.PATH }, ready: (line) => line.peer === 'llm' && line })]);
    const settings = { ...ACCESS[kind](modelUrl ?? model.url), ...NO_LIMITS, MODEL_STAND_IN: 'bench', WORKER_CONCURRENCY: '2', ...(redisUrl ? { REDIS_URL: redisUrl } : {}), ...extra };
    migrateAndSeed(database.url, settings);
    const port = await choosePort();
    const { apis, workers: running } = await startApps(house, appSettings({ house, database, github, clerk: null, model: { settings }, publicUrl: `http://127.0.0.1:${port}` }), { api: 1, worker: workers, port, onChange: () => undefined });
    const [person] = await invitePeople(apis[0].url, database.url);
    return new OpenHouse({ house, github, model, client: new Client(apis[0].url, person.accessToken), databaseUrl: database.url, api: apis[0], workers: running });
  } catch (error) {
    await house.close();
    throw error;
  }
}

async function connected(connectionString) {
  const client = new pg.Client({ connectionString });
  await client.connect();
  return client;
}

async function startRedis(house) {
  const server = await require('./dist/test/support/redis.js').startRedis();
  house.onClose(() => server.stop());
  return server.url;
}

class OpenHouse {
  constructor(parts) {
    Object.assign(this, parts);
    this.scratch = mkdtempSync(join(tmpdir(), 'async-coder-bench-'));
  }

  /** Puts a folder on the stand-in as a repository, and connects it. */
  async addRepository(name, path) {
    const source = await this.ask(this.github.url, '/__peer/repositories', { owner: 'bench', name, path });
    const repository = await this.client.post('/repositories', { fullName: `bench/${name}` });
    return { ...repository, cloneUrl: source.cloneUrl };
  }

  /** What the model answers to prompts with this text in them, turn by turn. `by: 'calls'`: counted by calls, where a prompt holds turns that no model said (aider's examples). */
  script(text, turns, more = {}) {
    return this.ask(this.model.url, '/__peer/script', { match: { text }, turns, ...more });
  }

  async modelOf(provider) {
    const { data } = await this.client.get(`/models?provider=${provider}&available=true`);
    if (!data[0]) throw new Error(`no model of ${provider} is available`);
    return data[0].name;
  }

  /** Runs a task to its end; the task as it then is, and all of its events. */
  async run(task) {
    const { id } = await this.client.post('/tasks', task);
    const events = [];
    for await (const event of this.client.events(id)) events.push(event);
    return { task: await this.client.get(`/tasks/${id}`), events };
  }

  /** What the database holds. */
  async rows(text, values) {
    this.admin ??= await connected(this.databaseUrl);
    return (await this.admin.query(text, values)).rows;
  }

  async ask(url, path, body) {
    const response = await fetch(url + path, body ? { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) } : {});
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    return response.json();
  }

  async close() {
    await this.admin?.end();
    rmSync(this.scratch, { recursive: true, force: true });
    await this.house.close();
  }
}
