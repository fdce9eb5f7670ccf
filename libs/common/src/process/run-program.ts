import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';

/** What every program is given. Nothing of our own environment is passed on. */
export interface ProgramOptions {
  readonly args: readonly string[];
  /** The whole environment of the program. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

export interface RunOptions extends ProgramOptions {
  readonly stdin?: Buffer | string;
  /** Milliseconds until the program and its children are killed. */
  readonly timeoutMs: number;
  /** Bytes kept of standard output and of standard error, each; the rest is counted. */
  readonly maxOutputBytes: number;
  /** What happens beyond `maxOutputBytes` of standard output: count on (default), or end the program. */
  readonly onOverflow?: 'count' | 'kill';
  /** Kills the program; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface ProgramResult {
  /** Null when a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: Buffer;
  readonly stderr: string;
  /** Bytes written to standard output, kept or not. */
  readonly stdoutBytes: number;
  /** Whether something of standard output or error was not kept. */
  readonly truncated: boolean;
  readonly durationMs: number;
  readonly timedOut: boolean;
}

/** A program that stays. Its streams may fail with EPIPE when it ends; those errors are swallowed. */
export interface RunningProgram {
  readonly pid: number;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Pipes from descriptor 3 on, as asked for. */
  readonly extra: readonly Readable[];
  /** Resolves when it has ended and its output is read; never rejects. */
  readonly ended: Promise<{ exitCode: number | null; signal: NodeJS.Signals | null }>;
  /** Kills it and its process group, while it runs. May be called at any time. */
  kill(): void;
}

/** The program is not installed or cannot be executed. */
export class ProgramNotFoundError extends Error {
  constructor(
    readonly program: string,
    cause: unknown,
  ) {
    super(`the program "${program}" was not found or cannot be executed`, { cause });
    this.name = 'ProgramNotFoundError';
  }
}

/** A child that outlives the end of its parent and holds a pipe is waited for this long. */
const PIPE_GRACE_MS = 1_000;

/**
 * Runs a program to its end, without a shell.
 * @throws {ProgramNotFoundError} when it does not exist; the signal's reason when `signal` fired.
 */
export function runProgram(program: string, options: RunOptions): Promise<ProgramResult> {
  return options.signal?.aborted ? Promise.reject(options.signal.reason as Error) : new ProgramRun(program, options).result;
}

/**
 * Starts a program that is talked to over pipes. `extraPipes` more pipes can be read from descriptor 3 on. Readers must be
 * attached in the turn in which this resolves: Node drops what nobody reads when the program ends.
 * @throws {ProgramNotFoundError} when it does not exist.
 */
export async function startProgram(program: string, options: ProgramOptions & { readonly extraPipes?: number }): Promise<RunningProgram> {
  const pipes = Array.from({ length: 3 + (options.extraPipes ?? 0) }, () => 'pipe' as const);
  const child = await spawned(program, options, pipes);
  const ended = new Promise<{ exitCode: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once('close', (exitCode, signal) => resolve({ exitCode, signal }));
  });
  child.on('error', () => undefined);
  const [stdin, stdout, stderr, ...extra] = child.stdio as unknown as [Writable, Readable, Readable, ...Readable[]];
  for (const stream of [stdin, stdout, stderr, ...extra]) stream.on('error', () => undefined);
  // Once it was reaped its number may belong to somebody else.
  const kill = (): void => {
    if (child.exitCode === null && child.signalCode === null) killGroup(child);
  };
  return { pid: child.pid ?? 0, stdin, stdout, stderr, extra, ended, kill };
}

class ProgramRun {
  readonly result: Promise<ProgramResult>;
  private readonly startedAt = performance.now();
  private readonly stdout: Buffer[] = [];
  private readonly stderr: Buffer[] = [];
  private stdoutBytes = 0;
  private stderrBytes = 0;
  private timedOut = false;

  constructor(
    program: string,
    private readonly options: RunOptions,
  ) {
    this.result = spawned(program, options, ['pipe', 'pipe', 'pipe']).then((child) => this.follow(child));
  }

  private follow(child: ChildProcess): Promise<ProgramResult> {
    const { options } = this;
    child.stdout?.on('data', (chunk: Buffer) => {
      this.stdoutBytes = keep(this.stdout, chunk, this.stdoutBytes, options.maxOutputBytes);
      if (options.onOverflow === 'kill' && this.stdoutBytes > options.maxOutputBytes) killGroup(child);
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      this.stderrBytes = keep(this.stderr, chunk, this.stderrBytes, options.maxOutputBytes);
    });
    for (const stream of child.stdio) stream?.on('error', () => undefined);
    child.stdin?.end(options.stdin ?? '');

    const deadline = setTimeout(() => {
      this.timedOut = true;
      killGroup(child);
    }, options.timeoutMs);
    const onAbort = (): void => killGroup(child);
    options.signal?.addEventListener('abort', onAbort, { once: true });
    if (options.signal?.aborted) onAbort();
    let grace: NodeJS.Timeout | undefined;
    child.once('exit', () => {
      grace = setTimeout(() => this.abandon(child), PIPE_GRACE_MS);
    });

    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (exitCode, signal) => {
        clearTimeout(deadline);
        clearTimeout(grace);
        options.signal?.removeEventListener('abort', onAbort);
        if (options.signal?.aborted) reject(options.signal.reason as Error);
        else resolve(this.toResult(exitCode, signal));
      });
    });
  }

  /** The program has ended but something it started still holds its output open. */
  private abandon(child: ChildProcess): void {
    killGroup(child);
    child.stdout?.destroy();
    child.stderr?.destroy();
  }

  private toResult(exitCode: number | null, signal: NodeJS.Signals | null): ProgramResult {
    return {
      exitCode,
      signal,
      stdout: Buffer.concat(this.stdout),
      stderr: Buffer.concat(this.stderr).toString('utf8'),
      stdoutBytes: this.stdoutBytes,
      truncated: this.stdoutBytes > this.options.maxOutputBytes || this.stderrBytes > this.options.maxOutputBytes,
      durationMs: Math.round(performance.now() - this.startedAt),
      timedOut: this.timedOut,
    };
  }
}

/** Appends what still fits and returns the new count of all bytes seen. */
function keep(chunks: Buffer[], chunk: Buffer, seen: number, limit: number): number {
  const room = limit - seen;
  if (room > 0) chunks.push(chunk.length > room ? chunk.subarray(0, room) : chunk);
  return seen + chunk.length;
}

function spawned(program: string, options: ProgramOptions, stdio: SpawnOptions['stdio']): Promise<ChildProcess> {
  return new Promise((resolve, reject) => {
    // A process group of its own: a kill reaches what the program started, and a Ctrl-C at our terminal does not reach it.
    const child = spawn(program, [...options.args], { cwd: options.cwd, env: { ...options.env }, stdio, shell: false, detached: true });
    child.once('spawn', () => {
      child.removeAllListeners('error');
      resolve(child);
    });
    child.once('error', (error: NodeJS.ErrnoException) => {
      // Node reports a missing folder in the same way as a missing program.
      const folderMissing = options.cwd !== undefined && !existsSync(options.cwd);
      if (folderMissing) reject(new Error(`cannot run "${program}": its folder ${options.cwd} does not exist`, { cause: error }));
      else reject(error.code === 'ENOENT' || error.code === 'EACCES' ? new ProgramNotFoundError(program, error) : error);
    });
  });
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // Already gone.
  }
}
