import { AppConfig, AppError, redact, runProgram, type ProgramResult } from '@app/common';
import { Injectable } from '@nestjs/common';
import { basicOf, isSsh, spellingsOf, type GitCredentials } from './git-credentials';
import { GIT_AUTH_FAILED, GIT_TIMEOUT, GIT_TOO_LARGE, GIT_URL_REFUSED, gitError } from './git.errors';
import { checkedAddress } from './remote-address';
import { SshFolder } from './ssh-folder';

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
  readonly credentials: GitCredentials | null;
  /** A bundle or repository of our own, by path. */
  readonly own?: boolean;
}

const LOCAL_MS = 60_000;
const MIB = 1024 ** 2;
const OUTPUT_BYTES = 8 * MIB;
const SSH_PORT = 22;
const HTTPS_PORT = 443;
const SSH_USER = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$/;
const SSH_HOST = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9a-f:]+\])$/i;
const SSH_PATH = /^\/(?!-)[A-Za-z0-9_.~/+%@-]{1,1000}$/;
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
    const url = run.remote && this.checkUrl(run.remote);
    if (!run.remote || !url) return this.start(run, {});
    if (url.protocol !== 'ssh:') return this.start(run, await this.httpEnvironment(run.remote, url));
    if (!isSsh(run.remote.credentials)) throw new AppError(GIT_AUTH_FAILED, 'The repository has no deploy key; an admin can set one.');
    const address = await checkedAddress(url.hostname, this.config.github.ALLOW_LOCAL_REPOSITORIES);
    const ssh = await SshFolder.make(run.remote.credentials, { host: url.hostname.replace(/^\[|\]$/g, ''), address, port: Number(url.port || SSH_PORT) });
    try {
      return await this.start(run, ssh.env);
    } finally {
      await ssh.remove();
    }
  }

  private async start(run: GitRun, access: Readonly<Record<string, string>>): Promise<ProgramResult> {
    const dir = run.gitDir === null ? [] : [`--git-dir=${run.gitDir}`];
    const timeoutMs = run.timeoutMs ?? LOCAL_MS;
    const result = await runProgram('setpriv', {
      // A worker that is killed takes its git with it: nobody else writes to a repository whose lock is given to the next.
      args: ['--pdeathsig', 'KILL', '--', 'git', ...FIXED.flatMap((setting) => ['-c', setting]), ...dir, ...run.args],
      env: { ...this.environment(run.remote), ...access, ...run.env },
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
    return {
      PATH: '/usr/bin:/bin:/usr/sbin:/sbin', HOME: '/nonexistent', LC_ALL: 'C', GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null', GIT_ATTR_NOSYSTEM: '1',
      GIT_TERMINAL_PROMPT: '0', GIT_ASKPASS: '/bin/false', GIT_OPTIONAL_LOCKS: '0', GIT_NO_REPLACE_OBJECTS: '1', GIT_ALLOW_PROTOCOL: this.protocols(remote), GIT_CONFIG_COUNT: '0',
    };
  }

  /** Credentials for this one host, and the address that its name was checked to lead to. */
  private async httpEnvironment({ credentials }: GitRemote, url: URL): Promise<Record<string, string>> {
    const basic = basicOf(credentials);
    const config: [string, string][] = basic === null ? [] : [[`http.${url.origin}/.extraHeader`, `Authorization: Basic ${basic}`]];
    if (url.protocol === 'https:' && !this.isOfForge(url)) {
      const address = await checkedAddress(url.hostname, this.config.github.ALLOW_LOCAL_REPOSITORIES);
      config.push(['http.curloptResolve', `${url.hostname.replace(/^\[|\]$/g, '')}:${url.port || HTTPS_PORT}:${address.includes(':') ? `[${address}]` : address}`]);
    }
    return {
      GIT_CONFIG_COUNT: String(config.length),
      ...Object.fromEntries(config.flatMap(([key, value], i) => [[`GIT_CONFIG_KEY_${i}`, key], [`GIT_CONFIG_VALUE_${i}`, value]])),
    };
  }

  /** GitHub's own host is the deployment's choice: an Enterprise Server may stand in its own network. */
  private isOfForge(url: URL): boolean {
    const api = URL.parse(this.config.github.GITHUB_API_URL)?.hostname;
    return url.hostname === (api === 'api.github.com' ? 'github.com' : api);
  }

  private protocols(remote: GitRemote | undefined): string {
    if (!remote) return 'none';
    if (remote.own) return 'file';
    if (remote.url.startsWith('ssh://')) return 'ssh';
    if (!this.config.github.ALLOW_LOCAL_REPOSITORIES) return 'https';
    return LOOPBACK.test(remote.url) ? 'http' : 'https:file';
  }

  /** The address; null for a repository of our own. @throws {AppError} git_url_refused */
  private checkUrl(remote: GitRemote): URL | null {
    if (remote.own && remote.url.startsWith('/')) return null;
    const refuse = (why: string): AppError => new AppError(GIT_URL_REFUSED, `The repository's address is not allowed: ${why}.`);
    const url = URL.parse(remote.url);
    if (!url) throw refuse('it is not a URL');
    if (url.password !== '' || (url.username !== '' && url.protocol !== 'ssh:')) throw refuse('it holds a user name or password');
    if (url.protocol === 'ssh:') return checkedSsh(url, refuse);
    if (url.protocol === 'https:') return url;
    const local = url.protocol === 'file:' || LOOPBACK.test(`${url.href}/`);
    if (!local) throw refuse('only https and ssh are');
    if (!this.config.github.ALLOW_LOCAL_REPOSITORIES) throw refuse('repositories on this machine need ALLOW_LOCAL_REPOSITORIES');
    return url;
  }

  private clean(stderr: string, remote: GitRemote | undefined): string {
    return redact(stderr, spellingsOf(remote?.credentials ?? null));
  }
}

/** git hands user, host and path to ssh: nothing in them may look like an option. */
function checkedSsh(url: URL, refuse: (why: string) => AppError): URL {
  if (!SSH_USER.test(url.username)) throw refuse('it names no plain user');
  if (!SSH_HOST.test(url.hostname)) throw refuse('it names no plain host');
  if (url.search !== '' || url.hash !== '' || !SSH_PATH.test(url.pathname)) throw refuse('its path is not plain');
  return url;
}
