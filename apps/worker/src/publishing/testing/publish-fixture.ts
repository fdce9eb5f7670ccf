import type { Submission, Verification } from '@app/agent';
import { Logger, Secret, type AppConfig } from '@app/common';
import { DataKeyStore, EnvironmentKeyEncryption, PullRequestStore, RepositoryCredentialStore, SealedSecrets, type AttemptLease, type GithubInstallation, type GitRepo, type StoredTaskEvent, type TaskView } from '@app/domain';
import { aGitRepo, aTenant, TaskHouse, type Tenant } from '@app/domain/testing';
import { GithubApp, GithubBranches, GithubChecks, GithubPullRequests, GithubRepos } from '@app/github';
import type { TaskEventBus } from '@app/messaging';
import { randomBytes } from 'node:crypto';
import type { CrashPoint } from '../../attempts/crash-points';
import type { GitCredentials } from '../../workspace/git-credentials';
import type { GitWorkspace } from '../../workspace/git-workspace';
import { never, WorkspaceFixture } from '../../workspace/testing/workspace-fixture';
import { BranchPush } from '../branch-push';
import { CheckRunStep } from '../check-run-step';
import { Forges } from '../forges/forges';
import { GithubCalls, GithubForge } from '../forges/github.forge';
import { PlainGitForge } from '../forges/plain-git.forge';
import { PublishRecords, PublishStores } from '../publish-records';
import type { PublishOutcome, PublishRequest } from '../publish-request';
import { Publisher } from '../publisher';
import { PullRequestStep } from '../pull-request-step';

export const SUBMISSION: Submission = { title: 'Fix the greeting', summary: 'Greets by name.', testing: 'Ran it.', risks: '', discard: [], answer: null, noChangesReason: null };
export const PASSED: Verification = {
  status: 'passed', source: 'package.json', note: null,
  checks: [{ name: 'test', command: 'npm test', phase: 'head', exitCode: 0, durationMs: 1_200, status: 'passed', alreadyFailing: false, outputTail: '' }],
};
export const FAILED: Verification = { ...PASSED, status: 'failed', checks: PASSED.checks.map((check) => ({ ...check, exitCode: 1, status: 'failed' as const })) };

/** The worker was "killed" at a step. */
export class Killed extends Error {}

/** Work that is ready to be published. */
export interface ReadyWork {
  readonly lease: AttemptLease;
  readonly task: TaskView;
  readonly repo: GitRepo;
  readonly installation: GithubInstallation | null;
  readonly workspace: GitWorkspace;
}

export interface WorkOptions {
  readonly repo?: GitRepo;
  readonly installation?: GithubInstallation;
  /** For the clone. */
  readonly token?: GitCredentials | null;
  readonly options?: Record<string, unknown>;
  /** Shell command that does the agent's work. */
  readonly work?: string;
}

/** Publisher, real rows, and a real repository to push to. */
export class PublishFixture {
  readonly house: TaskHouse;
  private publisher: Publisher;
  readonly pullRequests = new PullRequestStore();
  readonly credentials: RepositoryCredentialStore;
  private plain: Promise<GitRepo> | null = null;

  private constructor(
    readonly files: WorkspaceFixture,
    readonly tenant: Tenant,
    db: TaskHouse['db'],
    github: GithubApp,
  ) {
    this.house = new TaskHouse(db);
    this.credentials = new RepositoryCredentialStore(new SealedSecrets(new DataKeyStore(new EnvironmentKeyEncryption(new Secret(randomBytes(32).toString('base64'))))));
    this.publisher = this.employ(github);
  }

  /** Another worker takes over: it knows nothing but the rows. */
  changeWorker(github: GithubApp): void {
    this.publisher = this.employ(github);
  }

  private employ(github: GithubApp): Publisher {
    const { attempts, effects, events, results, work } = this.house;
    const bus = { publishNews: () => undefined } as unknown as TaskEventBus;
    const records = new PublishRecords(work, new PublishStores(attempts, effects, events, results, this.pullRequests), bus);
    const logger = Logger.create('silent', 'test');
    const calls = new GithubCalls(github, new GithubRepos(github), new GithubBranches(github), new GithubPullRequests(github), new GithubChecks(github));
    const forges = new Forges(new GithubForge(calls, logger), new PlainGitForge(this.credentials, work));
    return new Publisher(records, new BranchPush(records), new PullRequestStep(records), new CheckRunStep(records, logger), forges);
  }

  static async create(db: TaskHouse['db'], github: GithubApp = new GithubApp({ github: { GITHUB_PACED: false, GITHUB_API_URL: 'http://127.0.0.1:9' } } as unknown as AppConfig)): Promise<PublishFixture> {
    return new PublishFixture(await WorkspaceFixture.create(), await aTenant(db, { plan: { maxConcurrentTasks: 1_000 } }), db, github);
  }

  /** A running task on a repository, with the agent's work done in its workspace. */
  async ready({ repo, installation, token, options = {}, work = 'echo "hello, $name" > greet.txt' }: WorkOptions = {}): Promise<ReadyWork> {
    const organizationId = this.tenant.organization.id;
    const at = repo ?? (await this.plainRepo());
    const lease = await this.house.runningTask(this.tenant, { repositoryId: at.id, options });
    // Nobody renews it here.
    await this.house.db.query(`UPDATE task_attempts SET lease_expires_at = now() + interval '10 minutes' WHERE id = $1`, [lease.attemptId]);
    const task = await this.house.tasks.findForOrganization(this.house.work.reader, organizationId, lease.taskId);
    if (!task) throw new Error('the task is gone');
    const repository = { id: at.id, organizationId, cloneUrl: at.cloneUrl, credentials: token ?? null };
    const workspace = await this.files.open({ taskId: task.id, repository });
    await this.edit(workspace, work);
    return { lease, task, repo: at, installation: installation ?? null, workspace };
  }

  async edit(workspace: GitWorkspace, command: string): Promise<void> {
    const { exitCode, output } = await workspace.exec(command, { timeoutMs: 10_000, maxOutputBytes: 4_000 }, never);
    if (exitCode !== 0) throw new Error(output);
  }

  publish(ready: ReadyWork, more: Partial<PublishRequest> = {}): Promise<PublishOutcome> {
    return this.publisher.publish({ ...ready, submission: SUBMISSION, verification: PASSED, model: 'model-1', standIn: null, secrets: [], signal: never, crash: () => undefined, ...more });
  }

  /** Publishes until the worker is killed at a step. */
  async publishUntil(point: CrashPoint, ready: ReadyWork, more: Partial<PublishRequest> = {}): Promise<void> {
    const crash = (reached: CrashPoint): void => {
      if (reached === point) throw new Killed(point);
    };
    await expect(this.publish(ready, { ...more, crash })).rejects.toBeInstanceOf(Killed);
  }

  events(taskId: string): Promise<StoredTaskEvent[]> {
    return this.house.events.readAfter(this.house.work.reader, { organizationId: this.tenant.organization.id, taskId }, 0, 1_000);
  }

  async effectEvents(taskId: string): Promise<string[]> {
    const events = await this.events(taskId);
    return events.filter((event) => event.type.startsWith('effect.')).map((event) => `${event.type} ${(event.data as { kind: string }).kind}`);
  }

  /** The newest result of a type as text. */
  async result(task: TaskView, type: 'diff' | 'patch' | 'report'): Promise<string> {
    const row = await this.house.results.latest(this.house.work.reader, task.organizationId, task.id, type);
    return row ? ((await this.house.results.content(this.house.work.reader, task.organizationId, row.id)) ?? '').toString() : '';
  }

  private plainRepo(): Promise<GitRepo> {
    this.plain ??= aGitRepo(this.house.db, { organizationId: this.tenant.organization.id, provider: 'git', githubId: null, cloneUrl: this.files.remoteUrl, url: this.files.remoteUrl });
    return this.plain;
  }
}
