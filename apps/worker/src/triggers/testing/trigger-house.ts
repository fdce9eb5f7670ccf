import { randomUUID } from 'node:crypto';
import { AccountsModule } from '@app/accounts';
import { BillingModule } from '@app/billing';
import { loadConfig, Logger, ProcessModule } from '@app/common';
import { DomainModule, seed, WebhookInboxStore, type GitRepo, type GithubInstallation, type RepositorySettings } from '@app/domain';
import { aGitRepo, anInstallation, aTenant, TaskHouse, type Tenant } from '@app/domain/testing';
import { GithubModule, readGithubPayload } from '@app/github';
import { JobProducer, TaskEventBus } from '@app/messaging';
import { SubmissionModule } from '@app/submission';
import { Global, Module } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { startGithubPeer, type GithubPeer } from '../../../../../test/support/github-peer';
import { openTestDatabase, type TestDatabase } from '../../../../../test/support/test-database';
import { GITHUB_EVENT_HANDLERS } from '../../webhooks/github';
import { GithubWebhooks } from '../../webhooks/github/github-webhooks';
import { WebhookInbox } from '../../webhooks/webhook-inbox';
import { WebhookSources } from '../../webhooks/webhook-source';
import { TriggersModule } from '../triggers.module';

export interface Row {
  readonly id: string;
  readonly source: string;
  readonly mode: string;
  readonly prompt: string;
  readonly status: string;
  readonly branch: string;
  readonly target: string;
  readonly userId: string;
  readonly dedupeKey: string | null;
}

interface Person {
  readonly login: string;
  readonly type?: 'User' | 'Bot';
  /** Another account's id under this login. */
  readonly id?: number;
}

/** What a webhook says happened; what is left out is as usual. */
export interface Happening {
  readonly repository: TriggerRepository;
  readonly by: string | Person;
  readonly guid?: string;
}

export interface TriggerRepository {
  readonly id: string;
  readonly githubId: number;
  readonly fullName: string;
  readonly tenant: Tenant;
}

/** The worker's triggers over a database and a GitHub of their own; deliveries get in as the API puts them there. */
export class TriggerHouse {
  readonly house: TaskHouse;
  private installation: GithubInstallation | null = null;
  private readonly deliveries: { readonly id: string; readonly repositoryId: string }[] = [];
  private made = 0;

  private constructor(
    readonly database: TestDatabase,
    readonly peer: GithubPeer,
    readonly worker: TestingModule,
  ) {
    this.house = new TaskHouse(database.dataSource);
  }

  static async open(): Promise<TriggerHouse> {
    const [database, peer] = [await openTestDatabase(), await startGithubPeer()];
    await seed(database.dataSource);
    const config = loadConfig({
      NODE_ENV: 'test', DATABASE_URL: database.url, JWT_SECRET: 'x'.repeat(32), KEK: Buffer.alloc(32, 7).toString('base64'), ANTHROPIC_API_KEY: 'sk-ant-test',
      GITHUB_PACED: 'false', GITHUB_API_URL: peer.apiUrl, GITHUB_APP_ID: String(peer.appId), GITHUB_APP_PRIVATE_KEY: peer.privateKey,
    });
    const told = [
      { provide: TaskEventBus, useValue: { publishNews: () => undefined } },
      { provide: JobProducer, useValue: { enqueue: () => Promise.resolve(true) } },
    ];
    @Global()
    @Module({ providers: told, exports: [TaskEventBus, JobProducer] })
    class Outside {}
    const domain = DomainModule.forRoot('worker');
    const worker = await Test.createTestingModule({
      imports: [ProcessModule.with(config, Logger.create('silent', 'test')), Outside, domain, AccountsModule.with(domain), BillingModule, GithubModule, TriggersModule.with([domain, SubmissionModule.with([domain])])],
      providers: [...GITHUB_EVENT_HANDLERS, GithubWebhooks, { provide: WebhookSources, inject: [GithubWebhooks], useFactory: (github: GithubWebhooks) => new WebhookSources([github]) }, WebhookInbox],
    }).compile();
    return new TriggerHouse(database, peer, worker);
  }

  async close(): Promise<void> {
    await this.worker.close();
    await this.peer.stop();
    await this.database.close();
  }

  sql<Shape>(text: string, values: unknown[] = []): Promise<Shape[]> {
    return this.database.dataSource.query<Shape[]>(text, values);
  }

  /** A connected repository in which ada may write, bob may read, and carol may do what she is given. */
  async repository(settings: RepositorySettings = {}): Promise<TriggerRepository> {
    const db = this.database.dataSource;
    const tenant = await aTenant(db);
    const at = await this.peer.addRepository({ owner: 'acme', name: `repo-${++this.made}`, private: true, files: { 'greet.txt': 'hello\n' } });
    this.peer.people.setRole(at.fullName, 'ada', 'write');
    this.peer.people.setRole(at.fullName, 'bob', 'triage');
    this.installation ??= await anInstallation(db, { installationId: String(this.peer.installationId) });
    const repo: GitRepo = await aGitRepo(db, {
      organizationId: tenant.organization.id, connectedByUserId: tenant.user.id, installationId: this.installation.id, githubId: String(at.id), fullName: at.fullName, url: at.htmlUrl, cloneUrl: at.cloneUrl, settings: { ...settings },
    });
    return { id: repo.id, githubId: at.id, fullName: at.fullName, tenant };
  }

  /** What the peer is asked to do, or says of itself. */
  async control<Answer>(method: 'GET' | 'POST', route: string, body?: object): Promise<Answer> {
    const answer = await fetch(`${this.peer.url}/__peer/${route}`, { method, ...(body ? { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } } : {}) });
    if (!answer.ok) throw new Error(`${method} ${route}: ${await answer.text()}`);
    return (await answer.json()) as Answer;
  }

  issue({ fullName }: TriggerRepository, fields: object = {}): Promise<{ number: number; id: string }> {
    return this.control('POST', 'issues', { repository: fullName, title: 'Greet politely', body: 'Please say hello.', author: 'mallory', ...fields });
  }

  /** A pull request that a person opened from a branch with one change. */
  async pull({ fullName }: TriggerRepository, fields: { author?: string; fork?: boolean; draft?: boolean } = {}): Promise<{ number: number; headSha: string; branch: string }> {
    const branch = `topic-${++this.made}`;
    await this.control('POST', 'commits', { repository: fullName, branch, from: 'main', files: { [`${branch}.txt`]: 'new\n' } });
    return { ...(await this.control<{ number: number; headSha: string }>('POST', 'pulls', { repository: fullName, head: branch, title: 'Topic', author: 'ada', ...fields })), branch };
  }

  /** A pull request of our agent's, and its task, which has ended. */
  async ownPull(repository: TriggerRepository, status: 'completed' | 'in_progress' = 'completed'): Promise<{ taskId: string; number: number; headSha: string }> {
    const { number, headSha, branch } = await this.pull(repository, { author: 'async-coder[bot]' });
    const { taskId } = await this.house.newTask(repository.tenant, { repositoryId: repository.id });
    if (status === 'completed') {
      await this.sql(`UPDATE task_attempts SET status = 'succeeded', finished_at = now() WHERE task_id = $1`, [taskId]);
      await this.sql(`UPDATE tasks SET status = 'completed', completed_at = now() WHERE id = $1`, [taskId]);
    }
    await this.sql(
      `INSERT INTO pull_requests (id, repository_id, task_id, github_pr_id, pr_number, title, source_branch, target_branch, head_sha, status, origin, url) VALUES ($1, $2, $3, $4, $5, 'Ours', $6, 'main', $7, 'open', 'agent', 'https://github.com/acme/x/pull/1')`,
      [randomUUID(), repository.id, taskId, String(1_000_000 + this.made), number, branch, headSha],
    );
    return { taskId, number, headSha };
  }

  /** The same event as GitHub would send it; its outcome. */
  async happened(event: string, { repository, by, guid = randomUUID() }: Happening, payload: object): Promise<string> {
    // No two of GitHub's deliveries are the same to the byte, unless they are one.
    const body = Buffer.from(JSON.stringify({ nonce: guid, repository: { id: repository.githubId, full_name: repository.fullName, private: true }, installation: { id: this.peer.installationId }, sender: this.account(by), ...payload }));
    const read = readGithubPayload(body);
    const delivery = { source: 'github' as const, deliveryId: guid, eventType: event, action: read?.text('action') ?? null, installationId: read?.id('installation', 'id') ?? null, subjectId: null, occurredAt: null, rawBody: body };
    const { outcome, id } = await this.house.work.run((tx) => this.worker.get(WebhookInboxStore).receive(tx, delivery));
    if (outcome === 'seen' || id === null) return 'seen';
    this.deliveries.push({ id, repositoryId: repository.id });
    return this.work(id);
  }

  /** As if the worker had died between the work and its record, so that all of it is done again. */
  async again(repository: TriggerRepository): Promise<void> {
    for (const { id } of this.deliveries.filter(({ repositoryId }) => repositoryId === repository.id)) {
      await this.sql(`UPDATE webhook_deliveries SET status = 'received', next_attempt_at = now() - interval '1 s', processed_at = NULL WHERE id = $1`, [id]);
      await this.work(id);
    }
  }

  account(by: string | Person): object {
    const person = typeof by === 'string' ? { login: by } : by;
    return { login: person.login, id: person.id ?? this.peer.people.accountId(person.login), type: person.type ?? 'User' };
  }

  tasks({ id }: TriggerRepository): Promise<Row[]> {
    return this.sql<Row>(`SELECT id, source, mode, prompt, status, branch, target_branch AS target, user_id AS "userId", dedupe_key AS "dedupeKey" FROM tasks WHERE repository_id = $1 ORDER BY created_at, id`, [id]);
  }

  messages(taskId: string): Promise<{ content: string; metadata: Record<string, unknown> }[]> {
    return this.sql('SELECT content, metadata FROM task_messages WHERE task_id = $1 ORDER BY seq', [taskId]);
  }

  async said({ fullName }: TriggerRepository): Promise<{ comments: { number: number; body: string }[]; reactions: { place: string; content: string }[] }> {
    const [comments, reactions] = await Promise.all([this.control<{ data: { number: number; body: string }[] }>('GET', `comments?repository=${fullName}`), this.control<{ data: { place: string; content: string }[] }>('GET', `reactions?repository=${fullName}`)]);
    return { comments: comments.data, reactions: reactions.data };
  }

  private async work(id: string): Promise<string> {
    await this.worker.get(WebhookInbox).process(id);
    const [row] = await this.sql<{ status: string; lastError: string | null }>(`SELECT status, last_error AS "lastError" FROM webhook_deliveries WHERE id = $1`, [id]);
    if (row?.status !== 'processed' && row?.status !== 'ignored') throw new Error(`${row?.status}: ${row?.lastError}`);
    return row.status;
  }
}
