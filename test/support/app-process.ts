import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { createWriteStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunningQuickstart } from './quickstart';

const ROOT = process.cwd();
const READY_MS = 90_000;
const STOP_MS = 60_000;
let started = 0;

/** How a process of ours ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly at: number;
}

/** One more process of a house, which nobody starts again when it dies. */
export class AppProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
    /** When it ended, and by what. */
    readonly ended: Promise<Ended>,
  ) {}

  /** Starts it and waits until it listens. `settings` go over those of the house. */
  static async launch(app: 'api' | 'worker', house: RunningQuickstart, settings: Readonly<Record<string, string>> = {}): Promise<AppProcess> {
    const { child, ended, text } = spawnApp(app, house, settings);
    const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
    for (const end = Date.now() + READY_MS; !hasEnded() && Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 50))) {
      const url = addressIn(app, text());
      if (url !== undefined) return new AppProcess(child, url, ended);
    }
    // One that shall die at its first step may do so before its last words are written.
    if (child.signalCode === 'SIGKILL' && 'CRASH_AT' in settings) return new AppProcess(child, '', ended);
    child.kill('SIGKILL');
    throw new Error(`the ${app} did not start:\n${text()}`);
  }

  get pid(): number {
    return this.child.pid!;
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Resident memory in MB. */
  get memory(): number {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${this.pid}/status`, 'utf8'))?.[1] ?? 0) / 1_024;
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** Stops every thread of the process where it is. */
  freeze(): void {
    this.child.kill('SIGSTOP');
  }

  thaw(): void {
    this.child.kill('SIGCONT');
  }

  kill(): Promise<Ended> {
    this.child.kill('SIGKILL');
    return this.ended;
  }

  /** Asks it to drain and end. One that does not is killed, which shows in how it ended. */
  async stop(): Promise<Ended> {
    if (this.isRunning) this.child.kill('SIGTERM');
    const timer = setTimeout(() => this.child.kill('SIGKILL'), STOP_MS);
    return this.ended.finally(() => clearTimeout(timer));
  }
}

function spawnApp(app: string, house: RunningQuickstart, settings: Readonly<Record<string, string>>): { child: ChildProcess; ended: Promise<Ended>; text: () => string } {
  const args = ['--enable-source-maps', `dist/apps/${app}/src/main.js`];
  const command = hasSetpriv() ? ['setpriv', '--pdeathsig', 'KILL', '--', process.execPath, ...args] : [process.execPath, ...args];
  const child = spawn(command[0]!, command.slice(1), { cwd: ROOT, env: { ...house.settings, API_PORT: '0', WORKER_PORT: '0', ...settings }, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<Ended>((resolve) => child.once('exit', (code, signal) => resolve({ code, signal, at: Date.now() })));
  // In the house's folder, so that the search for secrets reads it.
  const log = createWriteStream(join(house.logFolder, `more-${app}-${(started += 1)}.log`));
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (bytes: Buffer) => {
      log.write(bytes);
      text = (text + bytes.toString()).slice(-50_000);
    });
  }
  return { child, ended, text: () => text };
}

function addressIn(app: string, log: string): string | undefined {
  const line = log.split('\n').find((one) => one.includes(`"msg":"${app} listening"`));
  return /"url":"([^"]+)"/.exec(line ?? '')?.[1];
}

function hasSetpriv(): boolean {
  return spawnSync('setpriv', ['--pdeathsig', 'KILL', 'true']).status === 0;
}
