import { AppConfig, AppError, Logger, ProgramNotFoundError, startProgram } from '@app/common';
import { Injectable } from '@nestjs/common';
import { countSandbox } from '../observing/observed-sandbox';
import { sandboxArguments } from './sandbox-arguments';
import { SandboxProcess, type Output } from './sandbox-process';
import type { SandboxKill, SandboxLimits, SandboxSpec } from './sandbox-spec';
import { SandboxWatchdog } from './sandbox-watchdog';
import { SANDBOX_UNAVAILABLE } from './sandbox.errors';
import { Toolbox } from './toolbox';

/** How a one-shot command in a sandbox ended. */
export interface SandboxRun {
  readonly exitCode: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
  readonly truncated: boolean;
  readonly killed: SandboxKill | null;
}

const MIB = 1024 ** 2;
/** Files take names and inodes of the whole disk, also when they are empty: as many as the disk holds small ones. */
const FILES_PER_MIB = 128;

/** Starts sandboxes: namespaces of their own, cleared environment, limits. There is no way to run without. */
@Injectable()
export class Bubblewrap {
  private readonly logger: Logger;

  constructor(
    private readonly config: AppConfig,
    private readonly toolbox: Toolbox,
    logger: Logger,
  ) {
    this.logger = logger.named('sandbox');
  }

  /** The limits of one sandbox as the settings give them. */
  limits(): SandboxLimits {
    const { SANDBOX_MEMORY_MB, SANDBOX_DISK_MB, SANDBOX_PROCESSES } = this.config.worker;
    return { memoryBytes: SANDBOX_MEMORY_MB * MIB, diskBytes: SANDBOX_DISK_MB * MIB, files: Math.max(20_000, SANDBOX_DISK_MB * FILES_PER_MIB), processes: SANDBOX_PROCESSES };
  }

  /** Host path of a copy of the file that every sandbox user can read. */
  place(file: string): Promise<string> {
    return this.toolbox.place(file);
  }

  /**
   * Starts a sandbox that stays and is talked to over its pipes.
   * @throws {AppError} sandbox_unavailable when one of the programs is missing.
   */
  async start(spec: SandboxSpec): Promise<SandboxProcess> {
    const args = sandboxArguments(spec, await this.toolbox.tools());
    try {
      const program = await startProgram('setpriv', { args, env: { PATH: '/usr/bin:/bin:/usr/sbin:/sbin' }, cwd: '/', extraPipes: 1 });
      const sandbox = await SandboxProcess.adopt(program, spec.recordFolder);
      new SandboxWatchdog(sandbox, spec, (error) => this.logger.warn('a sandbox limit could not be checked', { err: error })).start();
      countSandbox(sandbox);
      return sandbox;
    } catch (error) {
      if (error instanceof ProgramNotFoundError) throw new AppError(SANDBOX_UNAVAILABLE, error.message, { cause: error });
      throw error;
    }
  }

  /** Runs one command in a sandbox of its own and returns when nothing of it is left. Output beyond the limit is counted out, not kept. */
  async run(spec: SandboxSpec, options: { timeoutMs: number; maxOutputBytes: number; stdin?: Buffer }): Promise<SandboxRun> {
    const sandbox = await this.start(spec);
    const stdout = collect(sandbox.stdout, options.maxOutputBytes);
    const stderr = collect(sandbox.stderr, 65_536);
    sandbox.stdin.end(options.stdin ?? '');
    const deadline = setTimeout(() => void sandbox.kill('timeout').catch((error: unknown) => this.logger.error('a sandbox did not end', { err: error })), options.timeoutMs);
    const { exitCode, killed } = await sandbox.ended;
    clearTimeout(deadline);
    await sandbox.kill('stopped');
    return { exitCode, killed, stdout: stdout.bytes(), stderr: stderr.bytes().toString('utf8'), truncated: stdout.truncated() };
  }
}

function collect(output: Output, limit: number): { bytes(): Buffer; truncated(): boolean } {
  const chunks: Buffer[] = [];
  let seen = 0;
  output.read((chunk) => {
    if (seen < limit) chunks.push(chunk.subarray(0, limit - seen));
    seen += chunk.length;
  });
  return { bytes: () => Buffer.concat(chunks), truncated: () => seen > limit };
}
