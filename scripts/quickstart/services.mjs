import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';

const require = createRequire(join(process.cwd(), 'package.json'));
const DATABASE = 'async_coder';
const RESTART_MS = 500;
const KEEP = ['PATH', 'HOME', 'LANG', 'TZ', 'TMPDIR', 'NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY', 'LOG_LEVEL', 'WORKER_CONCURRENCY', 'EGRESS_HOSTS', 'EGRESS_REGISTRIES', 'SETUP_TIMEOUT_SECONDS', 'METRICS_TOKEN', 'OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_HEADERS', 'SENTRY_DSN'];

/** The database named by DATABASE_URL, or an embedded one that lives in the house's folder. */
export async function startDatabase(house) {
  if (process.env.DATABASE_URL) return { url: process.env.DATABASE_URL };
  const { startPostgres } = require('./dist/test/support/postgres.js');
  const server = await startPostgres({ durable: true, folder: join(house.folder, 'postgres') });
  house.onClose(() => server.stop());
  await server.ensureDatabase(DATABASE);
  return { url: server.url(DATABASE) };
}

/** `settings`: those of the model, because a compatible server's model and price are part of the catalogue. */
export function migrateAndSeed(databaseUrl, settings) {
  for (const step of ['migrate', 'seed']) {
    const result = spawnSync(process.execPath, [`dist/libs/domain/src/cli/${step}.js`], { env: { ...kept(), ...settings, DATABASE_URL: databaseUrl }, encoding: 'utf8' });
    if (result.status !== 0) throw new Error(`db:${step} failed\n${result.stdout}${result.stderr}`);
  }
}

/** A stand-in for GitHub with real bare repositories. */
export function startGithub(house) {
  return house.start('github', 'dist/test/peers/github/main.js', { args: ['--port', '0', '--data', join(house.folder, 'github')], env: kept(), ready: (line) => line.peer === 'github' && line });
}

/** A stand-in for Clerk. */
export function startClerk(house) {
  return house.start('clerk', 'dist/test/peers/clerk/main.js', { args: ['--port', '0'], env: kept(), ready: (line) => line.peer === 'clerk' && line });
}

/** A stand-in for Stripe, with a checkout page. */
export function startStripe(house) {
  return house.start('stripe', 'dist/test/peers/stripe/main.js', { args: ['--port', '0'], env: kept(), ready: (line) => line.peer === 'stripe' && line });
}

/** Tells the stand-ins that send webhooks where the API is. */
export async function aimWebhooks(apiUrl, { github, stripe }) {
  const aim = async (name, peer) => {
    const body = JSON.stringify({ url: `${apiUrl}/api/v1/webhooks/${name}` });
    const response = await fetch(`${peer.url}/__peer/webhooks`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    if (!response.ok) throw new Error(`the stand-in for ${name} takes no webhook address: ${response.status}`);
  };
  await Promise.all([aim('github', github), ...(stripe ? [aim('stripe', stripe)] : [])]);
}

/** Vendors, and the settings that reach them. */
const VENDORS = [
  { name: 'Anthropic', keys: ['ANTHROPIC_API_KEY', 'CLAUDE_API_KEY'], others: ['ANTHROPIC_BASE_URL'] },
  { name: 'OpenAI', keys: ['OPENAI_API_KEY'], others: [] },
  { name: 'Gemini', keys: ['GEMINI_API_KEY'], others: ['GOOGLE_GEMINI_BASE_URL'] },
];

/** The models that the environment gives access to, else a stand-in for a vendor. */
export async function startModel(house) {
  const { OPENAI_BASE_URL } = process.env;
  if (OPENAI_BASE_URL) return compatibleModel(OPENAI_BASE_URL.replace(/\/+$/, ''));
  const vendors = VENDORS.filter(({ keys }) => keys.some((name) => process.env[name]));
  if (vendors.length > 0) return { url: null, label: `${vendors.map(({ name }) => name).join(', ')}, with your key${vendors.length > 1 ? 's' : ''}`, settings: pick(vendors.flatMap(({ keys, others }) => [...keys, ...others])) };
  const peer = await house.start('llm', 'dist/test/peers/llm/main.js', { args: ['--port', '0'], env: kept(), ready: (line) => line.peer === 'llm' && line });
  const label = 'a recorded session (a stand-in: no model is configured)';
  return { url: peer.url, label, settings: { ANTHROPIC_API_KEY: 'sk-ant-api03-stand-in-0000000000000000', ANTHROPIC_BASE_URL: peer.url, MODEL_STAND_IN: 'recorded session' } };
}

/** A server that speaks OpenAI's Chat Completions: the model named, or the first that it offers. */
async function compatibleModel(baseUrl) {
  const settings = { ...pick(['OPENAI_API_KEY', 'OPENAI_COMPATIBLE_MODEL', 'OPENAI_COMPATIBLE_CONTEXT', 'OPENAI_COMPATIBLE_INPUT_USD', 'OPENAI_COMPATIBLE_OUTPUT_USD', 'OPENAI_COMPATIBLE_FLAGS']), OPENAI_BASE_URL: baseUrl };
  settings.OPENAI_COMPATIBLE_MODEL ??= await firstModel(baseUrl, settings.OPENAI_API_KEY);
  return { url: null, label: `${settings.OPENAI_COMPATIBLE_MODEL} at ${baseUrl}`, settings };
}

async function firstModel(baseUrl, key) {
  const response = await fetch(`${baseUrl}/models`, { headers: key ? { authorization: `Bearer ${key}` } : {}, signal: AbortSignal.timeout(10_000) }).catch((error) => ({ ok: false, status: error.message }));
  const models = response.ok ? (await response.json()).data : [];
  if (!models?.[0]?.id) throw new Error(`${baseUrl}/models names no model (${response.status}).\n  Set OPENAI_COMPATIBLE_MODEL to the model you want.`);
  return models[0].id;
}

/** Settings that both apps share. `clerk` and `stripe` are null without their stand-ins. */
export function appSettings({ house, database, github, clerk, stripe, model, publicUrl }) {
  return {
    ...kept(),
    NODE_ENV: 'development',
    DATABASE_URL: database.url,
    ...(process.env.REDIS_URL ? { REDIS_URL: process.env.REDIS_URL } : {}),
    JWT_SECRET: randomBytes(32).toString('hex'),
    KEK: randomBytes(32).toString('base64'),
    PUBLIC_URL: publicUrl,
    ACCESS_TOKEN_SECONDS: '86400',
    DRAIN_MS: '0',
    HANDOVER_MS: '2000',
    WORKER_DATA_DIR: house.workerFolder,
    // npm names itself to what it starts; a version manager's lies where sandboxes do not see it.
    ...(/^\/(usr|bin)\//.test(process.env.npm_execpath ?? '/usr/') ? {} : { SANDBOX_NPM: dirname(dirname(process.env.npm_execpath)) }),
    GITHUB_API_URL: github.apiUrl,
    // The stand-in has no limits but those that a test asks for.
    GITHUB_PACED: 'false',
    GITHUB_APP_ID: String(github.appId),
    GITHUB_APP_PRIVATE_KEY: github.privateKey,
    GITHUB_WEBHOOK_SECRET: github.webhookSecret,
    ALLOW_LOCAL_REPOSITORIES: 'true',
    ...(clerk ? clerkSettings(clerk, publicUrl) : {}),
    ...(stripe ? { STRIPE_API_URL: stripe.url, STRIPE_SECRET_KEY: stripe.secretKey, STRIPE_WEBHOOK_SECRET: stripe.webhookSecret } : {}),
    ...model.settings,
  };
}

function clerkSettings({ url, secretKey, publishableKey, webhookSecret }, publicUrl) {
  return { CLERK_API_URL: url, CLERK_SECRET_KEY: secretKey, CLERK_PUBLISHABLE_KEY: publishableKey, CLERK_WEBHOOK_SIGNING_SECRET: webhookSecret, CLERK_AUTHORIZED_PARTIES: publicUrl };
}

/** Both apps. A process that dies is started again, as an orchestrator would do; `onChange` hears the new list. */
export async function startApps(house, settings, { api, worker, port, onChange }) {
  const apis = await startAll(house, 'api', api, (n) => ({ ...settings, API_PORT: String(n === 1 ? port : 0) }), onChange);
  const workers = await startAll(house, 'worker', worker, () => ({ ...settings, WORKER_PORT: '0' }), onChange);
  for (const { url } of workers) await requireReady(url);
  return { apis, workers };
}

/** A worker that cannot work says why. */
async function requireReady(url) {
  const { checks } = await (await fetch(`${url}/health/ready`)).json();
  const down = Object.entries(checks).find(([, check]) => check.status === 'down');
  if (down) throw new Error(`the worker cannot work: ${down[0]}: ${down[1].reason}`);
}

async function startAll(house, name, count, environment, onChange) {
  const running = [];
  const startOne = async (n) => {
    const ready = (line) => line.msg === `${name} listening` && { url: line.url };
    const restart = () => void setTimeout(() => startOne(n).then(onChange, () => undefined), RESTART_MS);
    running[n] = await house.start(`${name}-${n + 1}`, `dist/apps/${name}/src/main.js`, { env: environment(n + 1), ready, onEnd: restart });
  };
  await Promise.all(Array.from({ length: count }, (_, n) => startOne(n)));
  return running;
}

/** API_PORT (0: any free port), or 3000 when it is free, or any free port. */
export async function choosePort() {
  if (Number(process.env.API_PORT)) return Number(process.env.API_PORT);
  return (process.env.API_PORT === undefined && (await freePort(3000))) || freePort(0);
}

function freePort(wanted) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(null));
    server.listen(wanted, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

function pick(names) {
  return Object.fromEntries(names.filter((name) => process.env[name]).map((name) => [name, process.env[name]]));
}

function kept() {
  return pick([...KEEP, ...Object.keys(process.env).filter((name) => name.startsWith('RATE_LIMIT_'))]);
}
