import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import type { RunningQuickstart } from './quickstart';

const ROOT = join(__dirname, '../..');
const READY_MS = 90_000;
let started = 0;

/** One more worker of a house, which nobody starts again when it dies. */
export class WorkerProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
    /** When it ended, by whatever signal. */
    readonly ended: Promise<{ signal: NodeJS.Signals | null; at: number }>,
  ) {}

  static async start(house: RunningQuickstart, settings: Readonly<Record<string, string>> = {}): Promise<WorkerProcess> {
    const args = ['--enable-source-maps', 'dist/apps/worker/src/main.js'];
    const command = hasSetpriv() ? ['setpriv', '--pdeathsig', 'KILL', '--', process.execPath, ...args] : [process.execPath, ...args];
    const child = spawn(command[0]!, command.slice(1), { cwd: ROOT, env: { ...house.settings, WORKER_PORT: '0', ...settings }, stdio: ['ignore', 'pipe', 'pipe'] });
    const ended = new Promise<{ signal: NodeJS.Signals | null; at: number }>((resolve) => child.once('exit', (_, signal) => resolve({ signal, at: Date.now() })));
    const log = createWriteStream(join(house.logFolder, `more-worker-${(started += 1)}.log`));
    let text = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (bytes: Buffer) => {
        log.write(bytes);
        text = (text + bytes.toString()).slice(-50_000);
      });
    }
    const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
    for (const end = Date.now() + READY_MS; !hasEnded() && Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 50))) {
      const url = addressIn(text);
      if (url !== undefined) return new WorkerProcess(child, url, ended);
    }
    // One that shall die at its first step may do so before its last words are written.
    if (child.signalCode === 'SIGKILL' && 'CRASH_AT' in settings) return new WorkerProcess(child, '', ended);
    throw new Error(`the worker did not start:\n${text}`);
  }

  get pid(): number {
    return this.child.pid!;
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Stops every thread of the process where it is. */
  freeze(): void {
    this.child.kill('SIGSTOP');
  }

  thaw(): void {
    this.child.kill('SIGCONT');
  }

  kill(): Promise<unknown> {
    this.child.kill('SIGKILL');
    return this.ended;
  }

  /** Asks it to hand over and end. */
  stop(): Promise<unknown> {
    if (this.isRunning) this.child.kill('SIGTERM');
    const timer = setTimeout(() => this.child.kill('SIGKILL'), 40_000);
    return this.isRunning ? this.ended.finally(() => clearTimeout(timer)) : Promise.resolve(clearTimeout(timer));
  }
}

function addressIn(log: string): string | undefined {
  return /"url":"([^"]+)"[^\n]*"msg":"worker listening"/.exec(log)?.[1] ?? /"msg":"worker listening"[^\n]*"url":"([^"]+)"/.exec(log)?.[1];
}

function hasSetpriv(): boolean {
  return spawnSync('setpriv', ['--pdeathsig', 'KILL', 'true']).status === 0;
}
