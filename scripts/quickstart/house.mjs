import { spawn } from 'node:child_process';
import { chmodSync, createWriteStream, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const STOP_MS = 30_000;

/** Everything the quickstart started: a folder of its own and child processes that end with it. */
export class House {
  folder = mkdtempSync(join(tmpdir(), 'async-coder-'));
  /** For the worker: entered by sandbox users, listed by none. */
  workerFolder = enterable(mkdtempSync(join(tmpdir(), 'async-coder-worker-')));
  #children = [];
  #undo = [];
  #closing = null;

  /** Runs at the end, last registered first. */
  onClose(work) {
    this.#undo.unshift(work);
  }

  /**
   * Starts a long-lived process and resolves with the first standard-output line that `ready` accepts (parsed JSON).
   * Its output goes to `<folder>/<name>.log`. On Linux it dies with us, even by kill -9. `onEnd` hears when it ends by itself.
   */
  start(name, script, { args = [], env = {}, ready, deadlineMs = 60_000, onEnd = null }) {
    const log = createWriteStream(join(this.folder, `${name}.log`), { flags: 'a' });
    const command = [process.execPath, '--enable-source-maps', script, ...args];
    const [program, ...rest] = existsSync('/usr/bin/setpriv') ? ['/usr/bin/setpriv', '--pdeathsig', 'TERM', ...command] : command;
    const child = spawn(program, rest, { env, stdio: ['pipe', 'pipe', 'pipe'] });
    this.#children.unshift({ name, child });
    child.stderr.pipe(log, { end: false });
    return new Promise((resolve, reject) => {
      const fail = (why) => reject(new Error(`${name} ${why}\n${this.tail(name)}`));
      const timer = setTimeout(() => fail(`was not ready within ${deadlineMs / 1000} s`), deadlineMs);
      child.on('error', (error) => fail(`could not start: ${error.message}`));
      child.on('exit', (code, signal) => {
        clearTimeout(timer);
        if (this.#closing) return;
        fail(`ended (${signal ?? code})`);
        onEnd?.(signal ?? code);
      });
      createInterface({ input: child.stdout }).on('line', (line) => {
        log.write(`${line}\n`);
        const message = parse(line);
        const found = message && ready(message);
        if (found) {
          clearTimeout(timer);
          resolve({ pid: child.pid, child, ...found });
        }
      });
    });
  }

  /** The end of a process's log. */
  tail(name, lines = 15) {
    const path = join(this.folder, `${name}.log`);
    return existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n').slice(-lines).join('\n') : '';
  }

  /** Stops the processes, newest first, and removes the folder. */
  close() {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close() {
    for (const group of [['worker', 'api'], null]) {
      const chosen = this.#children.filter(({ name }) => group === null || group.some((prefix) => name.startsWith(prefix)));
      await Promise.all(chosen.map(({ child }) => end(child)));
    }
    for (const work of this.#undo) await work();
    for (const folder of [this.folder, this.workerFolder]) rmSync(folder, { recursive: true, force: true });
  }
}

function enterable(folder) {
  chmodSync(folder, 0o711);
  return folder;
}

function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    child.once('exit', () => {
      clearTimeout(timer);
      resolve();
    });
    child.stdin.end();
    child.kill('SIGTERM');
  });
}

function parse(line) {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
