import { EgressConfig, Logger, runProgram, type AppConfig } from '@app/common';
import { randomUUID } from 'node:crypto';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Egress } from '../../egress/egress';
import type { EgressNetwork } from '../../egress/egress-connect';
import { Bubblewrap } from '../../sandbox/bubblewrap';
import { SandboxUsers } from '../../sandbox/sandbox-users';
import { Toolbox } from '../../sandbox/toolbox';
import { DataFolders } from '../data-folders';
import { GitCommand } from '../git-command';
import type { GitWorkspace } from '../git-workspace';
import { Mirror } from '../mirror';
import { DependencyCache } from '../set-up/dependency-cache';
import { SetUp } from '../set-up/set-up';
import { WorkspaceFactory } from '../workspace-factory';
import { WorkspacePlaces } from '../workspace-places';
import type { WorkspaceRequest } from '../workspace-request';
import { WorkspaceSweeper } from '../workspace-sweeper';

export interface FixtureOptions {
  readonly memoryMb?: number;
  readonly diskMb?: number;
  readonly processes?: number;
  /** `name:port` of servers on this machine that set-up may reach when its settings allow them. */
  readonly onThisMachine?: readonly string[];
}

/** An egress to which names of a test lead to this machine. */
class LocalEgress extends Egress {
  protected override readonly network: EgressNetwork;

  constructor(config: AppConfig, onThisMachine: readonly string[]) {
    super(config);
    this.network = { resolve: () => Promise.resolve(['127.0.0.1']), onThisMachine };
  }
}

/** A worker's data folder and a bare repository to clone from and push to, both thrown away at the end. */
export class WorkspaceFixture {
  readonly config: AppConfig;
  readonly git: GitCommand;
  readonly mirror: Mirror;
  readonly bubblewrap: Bubblewrap;
  readonly factory: WorkspaceFactory;
  readonly cache: DependencyCache;
  readonly sweeper: WorkspaceSweeper;
  readonly dataDir: string;
  readonly remote: string;
  private readonly open_: GitWorkspace[] = [];

  private constructor(
    readonly folder: string,
    { onThisMachine = [], ...limits }: FixtureOptions,
  ) {
    this.dataDir = join(folder, 'data');
    this.remote = join(folder, 'remote.git');
    const worker = { WORKER_DATA_DIR: this.dataDir, SANDBOX_MEMORY_MB: limits.memoryMb ?? 1_024, SANDBOX_DISK_MB: limits.diskMb ?? 512, SANDBOX_PROCESSES: limits.processes ?? 128 };
    const egress = { ...new EgressConfig(), EGRESS_REGISTRIES: false };
    this.config = { worker, egress, github: { ALLOW_LOCAL_REPOSITORIES: true } } as unknown as AppConfig;
    const logger = Logger.create('silent', 'test');
    const folders = new DataFolders(this.config);
    this.git = new GitCommand(this.config);
    this.mirror = new Mirror(this.config, folders, this.git, logger);
    this.bubblewrap = new Bubblewrap(this.config, new Toolbox(this.config), logger);
    this.cache = new DependencyCache(this.config, folders, this.bubblewrap, logger);
    const setUps = new SetUp(this.config, this.bubblewrap, new LocalEgress(this.config, onThisMachine), this.cache, logger);
    this.factory = new WorkspaceFactory(new WorkspacePlaces(folders, new SandboxUsers()), this.mirror, this.git, this.bubblewrap, setUps, logger);
    this.sweeper = new WorkspaceSweeper(folders, logger);
  }

  static async create(options: FixtureOptions = {}): Promise<WorkspaceFixture> {
    const folder = await mkdtemp(join(tmpdir(), 'workspace-test-'));
    await chmod(folder, 0o711);
    const fixture = new WorkspaceFixture(folder, options);
    await fixture.shell('git init -q --bare -b main remote.git');
    return fixture;
  }

  get remoteUrl(): string {
    return pathToFileURL(this.remote).href;
  }

  /** Commits the files to a branch of the remote and returns the sha. */
  async commit(files: Readonly<Record<string, string | Buffer>>, branch = 'main', prepare = ''): Promise<string> {
    const work = join(this.folder, `work-${randomUUID()}`);
    await this.shell(`git clone -q remote.git ${work} 2>/dev/null; cd ${work} && (git checkout -q ${branch} 2>/dev/null || git checkout -q -b ${branch})`);
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(work, path)), { recursive: true });
      await writeFile(join(work, path), content);
    }
    const sha = await this.shell(`cd ${work} && ${prepare || 'true'} && git add -A && git commit -q --allow-empty -m change && git push -q origin ${branch} && git rev-parse HEAD`);
    await rm(work, { recursive: true, force: true });
    return sha;
  }

  request(more: Partial<WorkspaceRequest> = {}): WorkspaceRequest {
    const repository = { id: 'repository-1', organizationId: 'organization-1', cloneUrl: this.remoteUrl, credentials: null };
    return { taskId: 'task-1', attemptId: randomUUID(), repository, ref: 'main', ...more };
  }

  async open(more: Partial<WorkspaceRequest> = {}): Promise<GitWorkspace> {
    const workspace = await this.factory.open(this.request(more));
    this.open_.push(workspace);
    return workspace;
  }

  /** Runs a script of the test itself, outside of any sandbox, and returns what it printed. */
  async shell(script: string): Promise<string> {
    const env = { PATH: '/usr/bin:/bin', HOME: this.folder, GIT_AUTHOR_NAME: 't', GIT_AUTHOR_EMAIL: 't@t', GIT_COMMITTER_NAME: 't', GIT_COMMITTER_EMAIL: 't@t', GIT_CONFIG_NOSYSTEM: '1' };
    const result = await runProgram('bash', { args: ['-ec', script], env, cwd: this.folder, timeoutMs: 60_000, maxOutputBytes: 4_000_000 });
    if (result.exitCode !== 0) throw new Error(`${script}\n${result.stdout.toString()}\n${result.stderr}`);
    return result.stdout.toString('utf8').trim();
  }

  /** Ends the workspaces that are open: each has its disk measured twice a second, so that many of them slow down what comes after. */
  async closeAll(): Promise<void> {
    await Promise.all(this.open_.splice(0).map((workspace) => workspace.dispose()));
  }

  async remove(): Promise<void> {
    await this.closeAll();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** A signal that never fires. */
export const never = new AbortController().signal;
