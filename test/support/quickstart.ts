import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WatchedSecret } from './secret-forms';
import { SecretWatch } from './secret-watch';

/** What `.quickstart.json` holds. */
export interface QuickstartState {
  readonly apiUrl: string;
  readonly databaseUrl: string;
  readonly peers: { readonly github: string; readonly llm: string; readonly clerk: string | null; readonly stripe: string | null };
  readonly users: readonly { readonly email: string; readonly role: string; readonly organizationId: string; readonly accessToken: string }[];
  readonly repository: { readonly id: string; readonly cloneUrl: string };
  readonly pids: { readonly api: readonly number[]; readonly worker: readonly number[] };
}

/** Tests call far more often than a person. */
const NO_LIMITS = Object.fromEntries(['DEFAULT', 'ANONYMOUS', 'SIGN_IN', 'SIGN_IN_ACCOUNT', 'TASKS', 'TESTS'].map((name) => [`RATE_LIMIT_${name}`, '10000000/60']));

/** The whole product as processes, started by `quickstart --serve` with a state file of its own. */
export class RunningQuickstart {
  private readonly watched: WatchedSecret[] = [];

  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
    private readonly output: () => string,
    private readonly redisUrl: string | undefined,
  ) {}

  static async start(args: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Promise<RunningQuickstart> {
    const folder = mkdtempSync(join(tmpdir(), 'async-coder-e2e-'));
    // All that the run makes is in here, and sandbox users must be able to enter theirs.
    chmodSync(folder, 0o711);
    // Compiled, this file lies elsewhere.
    const root = process.cwd();
    const child = spawn(join(root, 'node_modules/.bin/node'), ['scripts/quickstart.mjs', '--serve', '--state', join(folder, 'state.json'), ...args], {
      cwd: root,
      env: { PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH}`, HOME: process.env.HOME, TMPDIR: folder, API_PORT: '0', ...NO_LIMITS, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
    const running = new RunningQuickstart(child, folder, () => text, env['REDIS_URL']);
    await running.until(120_000, () => existsSync(running.stateFile));
    return running;
  }

  private get stateFile(): string {
    return join(this.folder, 'state.json');
  }

  /** Read anew each time: pids change when a process was replaced. */
  get state(): QuickstartState {
    return JSON.parse(readFileSync(this.stateFile, 'utf8')) as QuickstartState;
  }

  /** What this house's processes are told, for one more of them. */
  get settings(): Readonly<Record<string, string>> {
    const [api] = this.state.pids.api;
    const lines = readFileSync(`/proc/${String(api)}/environ`, 'utf8').split('\0').filter((line) => line.includes('='));
    return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
  }

  /** An empty disk for one more worker; `leftOver` looks at it, too. */
  newWorkerFolder(): string {
    const folder = mkdtempSync(join(this.folder, 'async-coder-worker-'));
    chmodSync(folder, 0o711);
    return folder;
  }

  /** Where one more process may write its log: the search for secrets reads it. */
  get logFolder(): string {
    return this.folder;
  }

  /** Folders of attempts on the workers' disk, and processes in their sandboxes. */
  leftOver(): string[] {
    const data = readdirSync(this.folder).filter((name) => name.startsWith('async-coder-worker-') && existsSync(join(this.folder, name, 'workspaces')));
    const workspaces = data.flatMap((name) => readdirSync(join(this.folder, name, 'workspaces')).map((workspace) => join(name, 'workspaces', workspace)));
    const processes = readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && data.some((name) => commandOf(pid).includes(join(this.folder, name, 'workspaces'))));
    return [...workspaces, ...processes.map((pid) => `process ${pid}`)];
  }

  /**
   * Ends it. Before that it is searched for the secrets of its processes, its people and its stand-ins: whatever a test did, none may have come to rest in
   * database, Redis, logs, pull requests or prompts. @throws {Error} when one has
   */
  async stop(): Promise<void> {
    const found = this.child.exitCode === null ? await this.findSecrets() : [];
    await this.end();
    if (found.length > 0) throw new Error(`secrets were left behind:\n${found.join('\n')}`);
  }

  /** Another secret that may be nowhere: one that a test made. */
  watch(name: string, value: string): void {
    this.watched.push({ name, value });
  }

  /** Names of all that `findSecrets` looks for. */
  async watchedNames(): Promise<string[]> {
    return (await this.secretWatch()).names;
  }

  /** Where secrets came to rest, place by place. `also` is looked for this once. */
  async findSecrets(also: readonly WatchedSecret[] = []): Promise<string[]> {
    const { databaseUrl, peers } = this.state;
    const watch = await this.secretWatch();
    for (const { name, value } of also) watch.add(name, value);
    for (const peer of Object.values(peers).filter((url) => url !== null)) watch.search('what a stand-in was sent', JSON.stringify(await this.peerData(`${peer}/__peer/requests`)));
    await watch.searchDatabase(databaseUrl);
    if (this.redisUrl !== undefined) await watch.searchRedis(this.redisUrl);
    // Stand-ins print the credentials that they made; the database's files were searched as rows.
    watch.searchFolder(this.folder, (path) => path === this.stateFile || /\/(postgres|(github|clerk|stripe)\.log)$/.test(path));
    return watch.found;
  }

  private async secretWatch(): Promise<SecretWatch> {
    const { peers, users, pids } = this.state;
    const watch = new SecretWatch();
    for (const { name, value } of this.watched) watch.add(name, value);
    for (const pid of [...pids.api, ...pids.worker]) watch.addEnvironmentOf(pid);
    for (const { email, accessToken } of users) watch.add(`access token of ${email.split('-')[0]}`, accessToken.split('.')[2] ?? accessToken);
    for (const token of (await this.peerData<string>(`${peers.github}/__peer/tokens`)) ?? []) watch.add('GitHub installation token', token);
    return watch;
  }

  /** Null when there is no such stand-in: the test uses one of its own. */
  private async peerData<Item>(url: string): Promise<readonly Item[] | null> {
    const answer = await fetch(url).catch(() => null);
    return answer?.ok ? ((await answer.json()) as { data: Item[] }).data : null;
  }

  private async end(): Promise<void> {
    this.child.kill('SIGTERM');
    await this.until(60_000, () => this.child.exitCode !== null || this.child.signalCode !== null).catch(() => this.child.kill('SIGKILL'));
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async until(limitMs: number, done: () => boolean): Promise<void> {
    for (const end = Date.now() + limitMs; !done(); ) {
      if (this.child.exitCode !== null) throw new Error(`quickstart ended with ${this.child.exitCode}:\n${this.output()}`);
      if (Date.now() > end) throw new Error(`quickstart took longer than ${limitMs} ms:\n${this.output()}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** A process's command line; empty when it is gone. */
function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
