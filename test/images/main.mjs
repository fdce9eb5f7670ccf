// `npm run images`: builds both images from their Dockerfiles as they are and runs them locked down: health, users, capabilities, sandbox, SIGTERM.
// Needs Debian, root and: apt-get install buildah podman runc mmdebstrap redis-server. IMAGES_BASE names a tar of Debian to begin from, IMAGES_DIR a folder that keeps
// what was built for the next time.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { green, red, seconds } from '../../scripts/lib/say.mjs';
import { Engine, missingPrograms } from './engine.mjs';
import { proveApi, proveMigrations, proveWorker } from './proofs.mjs';
import { Services } from './services.mjs';
import { makeStandIn } from './stand-in.mjs';

const BASE = 'docker.io/library/node:24.21.0-bookworm-slim';
const missing = process.getuid?.() === 0 ? missingPrograms() : ['root'];
if (missing.length > 0) {
  process.stdout.write(`SKIPPED: images are not built here, as this is missing: ${missing.join(', ')}\n`);
  process.exit(0);
}

let passed = 0;
let failed = 0;
const engine = new Engine();
let services;

async function step(name, work) {
  const began = Date.now();
  try {
    const said = await work();
    passed += 1;
    process.stdout.write(`${green('✓')} ${name} ${seconds(Date.now() - began)}${typeof said === 'string' ? `: ${said}` : ''}\n`);
  } catch (error) {
    failed += 1;
    process.stdout.write(`${red('✗')} ${name}\n${error.message}\n`);
    throw error;
  }
}

function image(app) {
  const commit = spawnSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8' }).stdout.trim() || 'unknown';
  engine.buildah(['bud', '--layers', '--pull=never', '--format', 'docker', '--build-arg', `APP_COMMIT=${commit}`, '-f', `docker/${app}.Dockerfile`, '-t', `localhost/async-coder/${app}`, '.']);
  return checkLabels(app);
}

function checkLabels(app) {
  const [{ Config, Size }] = JSON.parse(engine.podman(['inspect', '--type', 'image', `localhost/async-coder/${app}`]));
  if (Config.User !== '1000:1000') throw new Error(`USER is ${Config.User}`);
  if (Config.Entrypoint.join(' ') !== '/usr/bin/tini --') throw new Error(`ENTRYPOINT is ${Config.Entrypoint}`);
  if (engine.healthCheck(app).length === 0) throw new Error('no HEALTHCHECK');
  return `${Math.round(Size / 1_000_000)} MB`;
}

try {
  await step('stand-in for the base image', () => makeStandIn(engine, BASE, process.env.IMAGES_BASE ?? join(engine.folder, 'base.tar')));
  await step('build api', () => image('api'));
  await step('build worker', () => image('worker'));
  await step('PostgreSQL and Redis', async () => {
    services = await Services.start();
  });
  await step('migrations and seeds out of the api image', () => proveMigrations(engine, services));
  await step('api, locked down', () => proveApi(engine, services));
  for (const mode of ['closed', 'open']) await step(mode === 'closed' ? 'worker under a default profile refuses tasks' : 'worker with namespaces allowed', () => proveWorker(engine, services, mode));
} catch {
  process.exitCode = 1;
} finally {
  engine.close();
  await services?.stop();
}
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exit(process.exitCode ?? 0);
