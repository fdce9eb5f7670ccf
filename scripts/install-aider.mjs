// Installs Aider into a virtual environment: `node scripts/install-aider.mjs [folder]` (default: .tools/aider, where the worker looks for it). Says what is
// missing, and ends with 3 when PyPI cannot be reached. Run again, it changes nothing that is right already.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

const VERSION = '0.86.2';
const UNREACHABLE = 3;
const folder = resolve(process.argv[2] ?? '.tools/aider');
const program = join(folder, 'bin', 'aider');

if (versionOf(program) === VERSION) finish();
const closed = closedFolder(folder);
if (closed !== null) fail(1, `Sandboxes run as other users, and ${closed} is closed to them.\nName a folder that everyone may enter: node scripts/install-aider.mjs /opt/async-coder-agents/aider`);
const python = ['/usr/bin/python3', 'python3'].find((name) => run(name, ['-c', 'import sys, venv, ensurepip; sys.exit(not (3, 10) <= sys.version_info < (3, 13))']).status === 0);
if (python === undefined) fail(1, `Aider ${VERSION} needs Python 3.10 to 3.12 with venv: apt-get install python3 python3-venv`);
process.stdout.write(`Installing Aider ${VERSION} into ${folder} (about 700 MB, some minutes)\n`);
mkdirSync(dirname(folder), { recursive: true });
if (run(python, ['-m', 'venv', folder]).status !== 0) fail(1, `${python} could not make a virtual environment in ${folder}`);
const pip = run(join(folder, 'bin', 'pip'), ['install', '--disable-pip-version-check', '--no-input', '--quiet', '--retries', '2', '--timeout', '30', `aider-chat==${VERSION}`]);
if (pip.status !== 0) {
  const isAway = /NewConnectionError|ConnectTimeout|Temporary failure in name resolution|Network is unreachable|ReadTimeout|No matching distribution found for aider-chat/i.test(pip.stderr);
  fail(isAway ? UNREACHABLE : 1, isAway ? 'PyPI cannot be reached from here.' : pip.stderr.trim().split('\n').slice(-5).join('\n'));
}
if (versionOf(program) !== VERSION) fail(1, `${program} does not start`);
finish();

function finish() {
  process.stdout.write(`${program}\n`);
  if (folder !== resolve('.tools/aider')) process.stdout.write(`The worker finds it with AIDER_PATH=${program}\n`);
  process.exit(0);
}

function fail(code, why) {
  process.stderr.write(`${why}\n`);
  process.exit(code);
}

function versionOf(path) {
  return existsSync(path) ? /\d+\.\d+\.\d+/.exec(run(path, ['--version']).stdout)?.[0] : undefined;
}

/** Only what the programs need: no key of ours reaches them. */
function run(name, args) {
  const keep = ['PATH', 'LANG', 'HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY', 'PIP_INDEX_URL', 'PIP_CERT', 'SSL_CERT_FILE', 'PIP_FIND_LINKS'];
  const env = Object.fromEntries(keep.filter((key) => process.env[key] !== undefined).map((key) => [key, process.env[key]]));
  const { status, stdout, stderr } = spawnSync(name, args, { env: { ...env, HOME: dirname(folder) }, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  return { status, stdout: stdout ?? '', stderr: stderr ?? '' };
}

/** The folder on the way that others may not enter; null: there is none, or the sandbox runs as us. */
function closedFolder(path) {
  if (process.getuid?.() !== 0) return null;
  for (let at = dirname(path); ; at = dirname(at)) {
    if (existsSync(at) && (statSync(at).mode & 0o001) === 0) return at;
    if (at === dirname(at)) return null;
  }
}
