import { randomUUID } from 'node:crypto';
import { AccountsModule } from '@app/accounts';
import { BillingModule, PaymentsModule } from '@app/billing';
import { loadConfig, Logger, ProcessModule } from '@app/common';
import { DomainModule, seed, WebhookInboxStore } from '@app/domain';
import { aGitRepo, TaskHouse, type Tenant } from '@app/domain/testing';
import { GithubModule, readGithubPayload } from '@app/github';
import { JobProducer, TaskEventBus } from '@app/messaging';
import { Global, Module, type Provider } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { openTestDatabase, type TestDatabase } from '../../../../../test/support/test-database';
import { WEBHOOKS } from '..';
import { WebhookInbox } from '../webhook-inbox';

export interface Told {
  readonly event: string;
  readonly payload: object | Buffer;
  readonly guid?: string;
}

export interface DeliveryRow {
  readonly status: string;
  readonly attempts: number;
  readonly lastError: string | null;
}

/** The worker's side of GitHub's webhooks over a database of its own; deliveries get in as the API puts them there. */
export class GithubInbox {
  readonly house: TaskHouse;
  /** Tasks whose readers were woken. */
  readonly news: string[] = [];

  private constructor(
    readonly database: TestDatabase,
    readonly worker: TestingModule,
    heard: string[],
  ) {
    this.house = new TaskHouse(database.dataSource);
    this.news = heard;
  }

  static async open({ settings = {}, providers = [] }: { settings?: Record<string, string>; providers?: Provider[] } = {}): Promise<GithubInbox> {
    const database = await openTestDatabase();
    await seed(database.dataSource);
    const config = loadConfig({ NODE_ENV: 'test', DATABASE_URL: database.url, JWT_SECRET: 'x'.repeat(32), KEK: Buffer.alloc(32, 7).toString('base64'), ...settings });
    const news: string[] = [];
    const told = [
      { provide: TaskEventBus, useValue: { publishNews: (taskId: string) => news.push(taskId) } },
      { provide: JobProducer, useValue: { enqueue: () => Promise.resolve(true) } },
    ];
    @Global()
    @Module({ providers: told, exports: [TaskEventBus, JobProducer] })
    class Outside {}
    const domain = DomainModule.forRoot('worker');
    const worker = await Test.createTestingModule({
      imports: [ProcessModule.with(config, Logger.create('silent', 'test')), Outside, domain, AccountsModule.with(domain), PaymentsModule.with(domain), BillingModule, GithubModule], providers: [...WEBHOOKS, ...providers],
    }).compile();
    return new GithubInbox(database, worker, news);
  }

  async close(): Promise<void> {
    await this.worker.close();
    await this.database.close();
  }

  sql<Row>(text: string, values: unknown[] = []): Promise<Row[]> {
    return this.database.dataSource.query<Row[]>(text, values);
  }

  /** Into the inbox; null: it was here before. */
  async receive({ event, payload, guid = randomUUID() }: Told): Promise<string | null> {
    const rawBody = Buffer.isBuffer(payload) ? payload : Buffer.from(JSON.stringify(payload, (_, value: unknown) => (typeof value === 'bigint' ? Number(value) : value)));
    const read = readGithubPayload(rawBody);
    const delivery = { source: 'github' as const, deliveryId: guid, eventType: event, action: read?.text('action') ?? null, installationId: read?.id('installation', 'id') ?? null, subjectId: null, occurredAt: null, rawBody };
    const { outcome, id } = await this.house.work.run((tx) => this.worker.get(WebhookInboxStore).receive(tx, delivery));
    return outcome === 'seen' ? null : id;
  }

  /** Into the inbox, and worked on; what became of it. */
  async happened(event: string, payload: object, guid?: string): Promise<DeliveryRow> {
    const id = await this.receive({ event, payload, ...(guid === undefined ? {} : { guid }) });
    if (id === null) return { status: 'seen', attempts: 0, lastError: null };
    return this.work(id);
  }

  async work(id: string): Promise<DeliveryRow> {
    await this.worker.get(WebhookInbox).process(id);
    return (await this.sql<DeliveryRow>(`SELECT status, attempts, last_error AS "lastError" FROM webhook_deliveries WHERE id = $1`, [id]))[0]!;
  }

  /** As if the worker had died between the work and its record. */
  async again(id: string): Promise<DeliveryRow> {
    await this.sql(`UPDATE webhook_deliveries SET status = 'received', next_attempt_at = now() - interval '1 s', processed_at = NULL WHERE id = $1`, [id]);
    return this.work(id);
  }

  /** A repository of GitHub's, connected by a tenant; with an installation when one is named. */
  async connect(tenant: Tenant, { id, fullName, installationId }: { id: string | number; fullName: string; installationId?: string | number }): Promise<string> {
    const organizationId = tenant.organization.id;
    const installation = installationId === undefined ? null : await this.installation(organizationId, String(installationId), fullName.split('/')[0]!);
    const repo = await aGitRepo(this.database.dataSource, {
      organizationId, provider: 'github', githubId: String(id), name: fullName.split('/')[1]!, fullName, url: `https://github.com/${fullName}`, cloneUrl: `https://github.com/${fullName}.git`, installationId: installation,
    });
    return repo.id;
  }

  private async installation(organizationId: string, installationId: string, login: string): Promise<string> {
    const [row] = await this.sql<{ id: string }>(
      `INSERT INTO github_installations (id, installation_id, app_id, organization_id, account_id, account_login, account_type, repository_selection)
       VALUES (gen_random_uuid(), $1, 1, $2, 77, $3, 'Organization', 'selected') ON CONFLICT (installation_id) DO UPDATE SET organization_id = $2 RETURNING id`,
      [installationId, organizationId, login],
    );
    return row!.id;
  }
}
