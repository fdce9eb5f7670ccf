import { AppError, identify, isSameProcess, type ProcessIdentity, type RunningProgram } from '@app/common';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SandboxKill } from './sandbox-spec';
import { SANDBOX_STUCK } from './sandbox.errors';

const INFO_WAIT_MS = 10_000;
const GONE_WAIT_MS = 10_000;

/** What a sandbox writes. It is taken from the first moment on: what nobody reads when a program ends, Node throws away. */
export class Output {
  private early: Buffer[] = [];
  private take: ((chunk: Buffer) => void) | null = null;

  constructor(stream: Readable) {
    stream.on('data', (chunk: Buffer) => (this.take ? this.take(chunk) : this.early.push(chunk)));
  }

  /** Hands over what came before and what comes from now on. */
  read(take: (chunk: Buffer) => void): void {
    this.take = take;
    for (const chunk of this.early.splice(0)) take(chunk);
  }
}

/** A running sandbox. Its streams carry whatever the hostile side writes. */
export class SandboxProcess {
  readonly stdin: Writable;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Resolves when its program has ended, by itself or not. */
  readonly ended: Promise<{ exitCode: number | null; killed: SandboxKill | null }>;
  private kill_: SandboxKill | null = null;
  private record: string | null = null;

  private constructor(
    private readonly program: RunningProgram,
    /** First process of its pid namespace, as the host sees it: when it is gone, the kernel has ended all others. */
    private readonly init: ProcessIdentity | null,
    output: { readonly stdout: Output; readonly stderr: Output },
  ) {
    this.stdout = output.stdout;
    this.stderr = output.stderr;
    this.stdin = program.stdin;
    this.ended = program.ended.then(({ exitCode }) => ({ exitCode: this.kill_ ? null : exitCode, killed: this.kill_ }));
  }

  /** Takes over a program that was started as `sandboxArguments` says, with a pipe at descriptor 3. */
  static async adopt(program: RunningProgram, recordFolder: string | null): Promise<SandboxProcess> {
    const output = { stdout: new Output(program.stdout), stderr: new Output(program.stderr) };
    const initPid = await readInitPid(program);
    const init = initPid === null ? null : await identify(initPid);
    const sandbox = new SandboxProcess(program, init, output);
    if (init && recordFolder) await sandbox.remember(recordFolder, init);
    return sandbox;
  }

  /** Host pid of the first process inside; null when it ended at once. */
  get initPid(): number | null {
    return this.init?.pid ?? null;
  }

  /** Why we ended it; null while it runs or when it ended by itself. */
  get killed(): SandboxKill | null {
    return this.kill_;
  }

  /**
   * Ends everything inside and resolves when it is proved to be gone.
   * @throws {AppError} sandbox_stuck when the kernel did not end it in time.
   */
  async kill(reason: SandboxKill): Promise<void> {
    this.kill_ ??= reason;
    await endNamespace(this.init);
    this.program.kill();
    await Promise.race([this.program.ended, sleep(GONE_WAIT_MS, undefined, { ref: false })]);
    if (this.record) await rm(this.record, { force: true });
  }

  private async remember(folder: string, init: ProcessIdentity): Promise<void> {
    const record = join(folder, `sandbox-${init.pid}`);
    await writeFile(record, `${init.pid} ${init.startTime}\n`);
    this.record = record;
    void this.ended.then(() => rm(record, { force: true })).catch(() => undefined);
  }
}

/** Kills the first process of a pid namespace and waits until it, and so all of the namespace, is gone. */
export async function endNamespace(init: ProcessIdentity | null): Promise<void> {
  const until = performance.now() + GONE_WAIT_MS;
  while (init && (await isSameProcess(init))) {
    try {
      process.kill(init.pid, 'SIGKILL');
    } catch {
      // Gone between the two lines.
    }
    if (performance.now() > until) throw new AppError(SANDBOX_STUCK, 'A sandbox was killed but its processes are still there.');
    await sleep(5);
  }
}

/** bwrap reports the pid on descriptor 3 before it runs the command. */
async function readInitPid(program: RunningProgram): Promise<number | null> {
  const info = program.extra[0];
  if (!info) return null;
  return new Promise((resolve) => {
    let text = '';
    const give = (pid: number | null): void => {
      clearTimeout(timer);
      resolve(pid);
    };
    const timer = setTimeout(() => give(null), INFO_WAIT_MS);
    info.on('data', (chunk: Buffer) => {
      text = (text + chunk.toString('latin1')).slice(0, 4_096);
      const pid = /"child-pid":\s*(\d+)/.exec(text)?.[1];
      if (pid !== undefined) give(Number(pid));
    });
    info.once('close', () => give(null));
  });
}
