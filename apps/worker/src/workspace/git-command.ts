import { AppConfig, AppError, redact, runProgram, type ProgramResult, type Secret } from '@app/common';
import { Injectable } from '@nestjs/common';
import { GIT_TIMEOUT, GIT_TOO_LARGE, GIT_URL_REFUSED, gitError } from './git.errors';

export interface GitRun {
  /** A bare repository that only we write; null for commands without one. */
  readonly gitDir: string | null;
  /** Fixed arguments first; what comes from outside stands behind `--end-of-options` or `--`. */
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: Buffer | string;
  readonly timeoutMs?: number;
  /** Default 8 MiB. More output is an error `git_too_large`, unless `cut` is set. */
  readonly maxOutputBytes?: number;
  readonly cut?: boolean;
  /** Exit codes that are answers, not errors; default 0. */
  readonly answers?: readonly number[];
  readonly signal?: AbortSignal;
  /** Needed by commands that talk to a remote; everything else has no way out. */
  readonly remote?: GitRemote;
}

export interface GitRemote {
  readonly url: string;
  readonly credentials: Secret | null;
  /** A bundle or repository of our own, by path. */
  readonly own?: boolean;
}

const LOCAL_MS = 60_000;
const MIB = 1024 ** 2;
const OUTPUT_BYTES = 8 * MIB;
const LOOPBACK = /^http:\/\/(127\.\d+\.\d+\.\d+|localhost|\[::1\])(:\d+)?\//;

/** Settings that a repository of ours could never be right to override; given on the command line, they win. */
const FIXED: readonly string[] = [
  'core.hooksPath=/dev/null', 'core.fsmonitor=false', 'core.attributesFile=/dev/null', 'core.excludesFile=/dev/null', 'core.bigFileThreshold=16m', 'core.quotePath=false',
  'gc.auto=0', 'maintenance.auto=false', 'credential.helper=', 'http.followRedirects=false', 'http.sslVerify=true', 'http.lowSpeedLimit=1000', 'http.lowSpeedTime=60',
  'submodule.recurse=false', 'fetch.recurseSubmodules=false', 'push.recurseSubmodules=no', 'transfer.bundleURI=false', 'advice.detachedHead=false', 'log.showSignature=false', 'commit.gpgSign=false',
];

/** The only place that runs git on the trusted side: never on a tree that an agent wrote, never with settings of the machine or a user. */
@Injectable()
export class GitCommand {
  constructor(private readonly config: AppConfig) {}

  /**
   * Runs git and returns its output.
   * @throws {AppError} one of `git.errors`, with the credentials taken out of its words.
   */
  async run(run: GitRun): Promise<ProgramResult> {
    if (run.remote) this.checkUrl(run.remote);
    const dir = run.gitDir === null ? [] : [`--git-dir=${run.gitDir}`];
    const timeoutMs = run.timeoutMs ?? LOCAL_MS;
    const result = await runProgram('setpriv', {
      // A worker that is killed takes its git with it: nobody else writes to a repository whose lock is given to the next.
      args: ['--pdeathsig', 'KILL', '--', 'git', ...FIXED.flatMap((setting) => ['-c', setting]), ...dir, ...run.args],
      env: { ...this.environment(run.remote), ...run.env },
      cwd: '/',
      stdin: run.stdin,
      timeoutMs,
      maxOutputBytes: run.maxOutputBytes ?? OUTPUT_BYTES,
      onOverflow: 'kill',
      signal: run.signal,
    });
    return this.judge(run, result, timeoutMs);
  }

  /** As `run`, for the one line that most plumbing prints. */
  async line(run: GitRun): Promise<string> {
    return (await this.run(run)).stdout.toString('utf8').trim();
  }

  private judge(run: GitRun, result: ProgramResult, timeoutMs: number): ProgramResult {
    const what = `git ${run.args.find((arg) => !arg.startsWith('-')) ?? ''}`;
    const limit = run.maxOutputBytes ?? OUTPUT_BYTES;
    if (result.timedOut) throw new AppError(GIT_TIMEOUT, `${what} did not end within ${Math.round(timeoutMs / 1000)} s.`);
    if (result.stdoutBytes > limit) {
      if (run.cut) return result;
      throw new AppError(GIT_TOO_LARGE, `${what} gave more than ${Math.round(limit / MIB)} MiB.`);
    }
    if (!(run.answers ?? [0]).includes(result.exitCode ?? -1)) throw gitError(this.clean(result.stderr, run.remote), what);
    return result;
  }

  private environment(remote: GitRemote | undefined): Record<string, string> {
    const config: [string, string][] = [];
    const { credentials, url } = remote ?? { credentials: null, url: '' };
    if (credentials) {
      const basic = credentials.use((token) => Buffer.from(`x-access-token:${token}`).toString('base64'));
      config.push([`http.${new URL(url).origin}/.extraHeader`, `Authorization: Basic ${basic}`]);
    }
    return {
      PATH: '/usr/bin:/bin:/usr/sbin:/sbin', HOME: '/nonexistent', LC_ALL: 'C', GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null', GIT_ATTR_NOSYSTEM: '1',
      GIT_TERMINAL_PROMPT: '0', GIT_ASKPASS: '/bin/false', GIT_OPTIONAL_LOCKS: '0', GIT_NO_REPLACE_OBJECTS: '1', GIT_ALLOW_PROTOCOL: this.protocols(remote),
      GIT_CONFIG_COUNT: String(config.length),
      ...Object.fromEntries(config.flatMap(([key, value], i) => [[`GIT_CONFIG_KEY_${i}`, key], [`GIT_CONFIG_VALUE_${i}`, value]])),
    };
  }

  private protocols(remote: GitRemote | undefined): string {
    if (!remote) return 'none';
    if (remote.own) return 'file';
    if (!this.config.github.ALLOW_LOCAL_REPOSITORIES) return 'https';
    return LOOPBACK.test(remote.url) ? 'http' : 'https:file';
  }

  /** @throws {AppError} git_url_refused */
  private checkUrl(remote: GitRemote): void {
    if (remote.own && remote.url.startsWith('/')) return;
    const refuse = (why: string): AppError => new AppError(GIT_URL_REFUSED, `The repository's address is not allowed: ${why}.`);
    let url: URL;
    try {
      url = new URL(remote.url);
    } catch {
      throw refuse('it is not a URL');
    }
    if (url.username !== '' || url.password !== '') throw refuse('it holds a user name or password');
    if (url.protocol === 'https:') return;
    const local = url.protocol === 'file:' || LOOPBACK.test(`${url.href}/`);
    if (!local) throw refuse('only https is');
    if (!this.config.github.ALLOW_LOCAL_REPOSITORIES) throw refuse('repositories on this machine need ALLOW_LOCAL_REPOSITORIES');
  }

  private clean(stderr: string, remote: GitRemote | undefined): string {
    const values = remote?.credentials?.use((token) => [token, Buffer.from(`x-access-token:${token}`).toString('base64'), Buffer.from(token).toString('base64')]) ?? [];
    return redact(stderr, values);
  }
}
