import { AppConfig, ProgramNotFoundError, runProgram } from '@app/common';
import { Injectable } from '@nestjs/common';
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Bubblewrap } from './bubblewrap';
import { preparedFolder } from './sandbox-folder';
import { SandboxUsers } from './sandbox-users';

/** Whether agent commands can be run here. `reason` is a sentence for whoever runs the worker. */
export type SandboxState =
  | { readonly available: true; readonly limits: 'rlimit'; readonly gitVersion: string }
  | { readonly available: false; readonly reason: string };

/** Debian 12's git; older ones run code of a hostile repository at clone (CVE-2024-32002, 32004, 32465, 2025-48384). */
const LEAST_GIT: readonly number[] = [2, 39, 5];
const INSTALL: Readonly<Record<string, string>> = { bwrap: 'bubblewrap', setpriv: 'util-linux', prlimit: 'util-linux', git: 'git', du: 'coreutils', bash: 'bash' };

/** Looks once, at boot, whether sandboxes work on this machine. If not, the worker takes no attempts and says why. */
@Injectable()
export class SandboxProbe {
  private state: Promise<SandboxState> | null = null;

  constructor(
    private readonly config: AppConfig,
    private readonly bubblewrap: Bubblewrap,
    private readonly users: SandboxUsers,
  ) {}

  /** The same answer for the life of the process, except that "unavailable" is looked at again at each call. */
  async check(): Promise<SandboxState> {
    this.state ??= this.look();
    const state = await this.state;
    if (!state.available) this.state = null;
    return state;
  }

  private async look(): Promise<SandboxState> {
    try {
      for (const program of Object.keys(INSTALL)) await version(program);
      const git = (await version('git')).trim();
      if (!recentEnough(git)) return unavailable(`${git} is too old: hostile repositories can run code at clone. Install git ${LEAST_GIT.join('.')} or later: apt-get install git`);
      return await this.startOne(git);
    } catch (error) {
      if (error instanceof ProgramNotFoundError) return unavailable(`the program "${error.program}" is missing. Install it: apt-get install ${INSTALL[error.program] ?? error.program}`);
      return unavailable(`a sandbox could not be started: ${(error as Error).message}`);
    }
  }

  /** Starts a real sandbox over a real workspace folder: settings, profiles and permissions show only then. */
  private async startOne(git: string): Promise<SandboxState> {
    const folder = join(resolve(this.config.worker.WORKER_DATA_DIR), `probe-${process.pid}`);
    const user = await this.users.acquire();
    try {
      await preparedFolder(folder, user.identity);
      const run = await this.bubblewrap.run(
        {
          identity: user.identity,
          mounts: [{ source: folder, target: '/workspace', writable: true }],
          workingFolder: '/workspace',
          env: {},
          command: ['bash', '-c', 'node --version > node && echo ready'],
          limits: this.bubblewrap.limits(),
          watchedFolder: null,
          recordFolder: null,
        },
        { timeoutMs: 20_000, maxOutputBytes: 1_024 },
      );
      if (run.exitCode === 0 && run.stdout.toString() === 'ready\n') return { available: true, limits: 'rlimit', gitVersion: git };
      return unavailable(explain(run.stderr.trim(), this.config.worker.WORKER_DATA_DIR));
    } finally {
      await user.release();
      await rm(folder, { recursive: true, force: true });
    }
  }
}

async function version(program: string): Promise<string> {
  const result = await runProgram(program, { args: ['--version'], env: { PATH: '/usr/bin:/bin:/usr/sbin:/sbin' }, timeoutMs: 10_000, maxOutputBytes: 4_096 });
  return result.stdout.toString('utf8');
}

/** Whether `git version 2.39.5 (…)` is not older than what we ask for. */
export function recentEnough(text: string): boolean {
  const parts = /(\d+)\.(\d+)(?:\.(\d+))?/.exec(text)?.slice(1).map(Number) ?? [0, 0, 0];
  for (const [i, least] of LEAST_GIT.entries()) {
    const part = Number.isNaN(parts[i]) ? 0 : (parts[i] ?? 0);
    if (part !== least) return part > least;
  }
  return true;
}

function unavailable(reason: string): SandboxState {
  return { available: false, reason };
}

function explain(stderr: string, folder: string): string {
  const said = stderr === '' ? 'no message' : stderr.split('\n').slice(-3).join(' ').slice(0, 500);
  if (/Can't find source path|Permission denied/.test(stderr)) return `sandbox users cannot reach ${folder} (${said}). Set WORKER_DATA_DIR to a folder that everyone may enter, for instance /var/tmp/async-coder`;
  if (/namespace|uid map|Operation not permitted/i.test(stderr)) return `user namespaces are not allowed here (${said}). Allow them: sysctl -w kernel.unprivileged_userns_clone=1 user.max_user_namespaces=15000 kernel.apparmor_restrict_unprivileged_userns=0; in a container: a seccomp profile that allows them`;
  return `a sandbox could not be started (${said})`;
}
