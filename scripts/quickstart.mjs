// Second stage of `npm run quickstart`: starts what has no URL or key, runs both apps, and carries one task to its pull request.
import { randomUUID } from 'node:crypto';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { bold, cyan, dim, green, red, seconds } from './lib/say.mjs';
import { readArguments } from './quickstart/arguments.mjs';
import { build } from './lib/build.mjs';
import { Client } from './quickstart/client.mjs';
import { House } from './quickstart/house.mjs';
import { invitePeople } from './quickstart/people.mjs';
import { heading, step, TaskProgress } from './quickstart/progress.mjs';
import { connectRepository, importRepository, remoteHead, SAMPLE_PROMPT } from './quickstart/repository.mjs';
import { aimWebhooks, appSettings, choosePort, migrateAndSeed, startApps, startClerk, startDatabase, startGithub, startModel, startStripe } from './quickstart/services.mjs';

const began = Date.now();
const options = readArguments(process.argv.slice(2));
const house = new House();
const stopped = new AbortController();
let state = null;
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => stopped.abort(new Error('stopped')));

try {
  const site = await openHouse();
  const ok = options.serve || (await runTask(site));
  if (!options.once && !stopped.signal.aborted) await stayUp(site);
  process.exitCode = ok ? 0 : 1;
} catch (error) {
  if (!stopped.signal.aborted) {
    process.stderr.write(`\n${red('✗')} ${error.message}\n`);
    process.exitCode = 1;
  }
} finally {
  await house.close();
}
process.exit();

async function openHouse() {
  heading('Async Coder');
  await step('build', build);
  const database = await step(process.env.DATABASE_URL ? 'database from DATABASE_URL' : 'embedded PostgreSQL', () => startDatabase(house));
  const [github, model, clerk, stripe] = await step('stand-ins for what has no key', () =>
    Promise.all([startGithub(house), startModel(house), options.clerk ? startClerk(house) : null, options.stripe ? startStripe(house) : null]));
  await step('schema and catalogue', () => migrateAndSeed(database.url, model.settings));
  const port = await choosePort();
  const settings = appSettings({ house, database, github, clerk, stripe, model, publicUrl: `http://127.0.0.1:${port}` });
  const { apis, workers } = await step(`${options.api} api, ${options.worker} worker`, () => startApps(house, settings, { ...options, port, onChange: () => writeState() }));
  const apiUrl = apis[0].url;
  await aimWebhooks(apiUrl, { github, stripe });
  const people = await step('people', () => invitePeople(apiUrl, database.url));
  const client = new Client(apiUrl, people[0].accessToken);
  const source = await step(options.repo ? `repository ${options.repo}` : 'sample repository', () => importRepository(github.url, options.repo, house.folder));
  const repository = await step('connect it', () => connectRepository(client, source));
  state = { apiUrl, database, github, clerk, stripe, model, settings, people, repository, apis, workers };
  writeState();
  house.onClose(() => rmSync(options.state, { force: true }));
  process.stdout.write(dim(`  queue: ${process.env.REDIS_URL ? 'BullMQ on Redis' : 'BullMQ on PostgreSQL (one machine only)'}; model: ${model.label}\n`));
  return { apiUrl, client, repository, source, github };
}

/** Tells other tools where things are. Written again when a process was replaced. */
function writeState() {
  if (state === null) return;
  const { apiUrl, database, github, clerk, stripe, model, settings, people, repository, apis, workers } = state;
  const content = {
    apiUrl,
    docsUrl: `${apiUrl}/docs`,
    databaseUrl: database.url,
    redisUrl: settings.REDIS_URL ?? null,
    peers: { github: github.url, llm: model.url, stripe: stripe?.url ?? null, clerk: clerk?.url ?? null },
    webhookSecrets: { github: github.webhookSecret, stripe: stripe?.webhookSecret ?? null, clerk: clerk?.webhookSecret ?? null },
    users: people,
    repository: { id: repository.id, cloneUrl: repository.cloneUrl },
    pids: { api: apis.map(({ pid }) => pid), worker: workers.map(({ pid }) => pid) },
  };
  writeFileSync(`${options.state}.new`, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${options.state}.new`, options.state);
}

async function runTask({ client, repository, source, github }) {
  const prompt = options.prompt ?? SAMPLE_PROMPT;
  heading(`Task: ${prompt.split('\n')[0]}`);
  const task = await client.post('/tasks', { prompt, repositoryId: repository.id, mode: options.mode }, { 'idempotency-key': randomUUID() });
  const progress = new TaskProgress();
  for await (const event of client.events(task.id, stopped.signal)) progress.show(event);
  const ended = await client.get(`/tasks/${task.id}`);
  if (ended.status !== 'completed') {
    process.stdout.write(`\n${red('✗')} The task ended as ${bold(ended.status)}${ended.error ? `: ${ended.error.message}` : ''}\n`);
    return false;
  }
  if (ended.mode === 'ask') return showAnswer(client, ended);
  return showPullRequest({ ended, progress, source, github });
}

async function showAnswer(client, task) {
  const { data } = await client.get(`/tasks/${task.id}/results?type=answer`);
  const content = await fetch(`${client.baseUrl}/api/v1/tasks/${task.id}/results/${data[0].id}/content`, { headers: { authorization: `Bearer ${client.accessToken}` } });
  process.stdout.write(`\n${await content.text()}\n`);
  return data.length === 1;
}

async function showPullRequest({ ended, progress, source, github }) {
  if (ended.pullRequest === null) {
    process.stdout.write(`\n${dim(`No pull request: ${ended.statusReason}`)}\n`);
    return ended.statusReason === 'no_changes';
  }
  const head = await remoteHead(github, source, ended.workBranch);
  const checks = ended.verification ? `${ended.verification.status} (${ended.verification.checks.filter((check) => check.phase === 'head').length} run by the platform)` : 'not run';
  heading(`${green('✓')} Pull request #${ended.pullRequest.number}`);
  process.stdout.write(`  ${cyan(ended.pullRequest.url)}\n  branch ${ended.workBranch} at ${head}\n  checks: ${checks}\n`);
  process.stdout.write(`  ${ended.usage.modelCalls} model calls, ${progress.tokens.toLocaleString('en')} tokens, ${ended.credits.used} credits, ${seconds(Date.now() - began)} in all\n`);
  return head !== null;
}

async function stayUp({ apiUrl, source }) {
  heading('Everything stays up. Open:');
  process.stdout.write(`  ${cyan(`${apiUrl}/docs`)}   the API\n  ${cyan(source.url)}   the repository\n  ${options.state}   addresses, tokens and process ids for other tools\n  ${dim('Ctrl+C stops everything.')}\n`);
  await new Promise((resolve) => (stopped.signal.aborted ? resolve() : stopped.signal.addEventListener('abort', resolve)));
}
