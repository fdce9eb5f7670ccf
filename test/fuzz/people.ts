import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import type { FuzzClient } from './client';
import type { Sender } from './plan';

const PASSWORD = 'orbit-velvet-canyon-42';
const SCOPES = ['tasks:read', 'tasks:write', 'repos:read', 'repos:write', 'keys:write', 'billing:read', 'billing:write', 'analytics:read', 'webhooks:write'];
/** So that there is something to read, change and delete before the fuzzer's own good calls have made it. */
const BELONGINGS: readonly [string, object][] = [
  ['/api/v1/tasks', { prompt: 'Do it.', tags: ['bug'] }],
  ['/api/v1/tasks', { prompt: 'Do it later.', draft: true }],
  ['/api/v1/tasks', { prompt: 'What is it?', mode: 'ask' }],
  ['/api/v1/webhook-endpoints', { url: 'http://127.0.0.1:9/hook', events: ['*'] }],
  ['/api/v1/api-keys', { provider: 'anthropic', name: 'mine', keyValue: `sk-ant-api03-${'k'.repeat(80)}`, verify: false }],
  ['/api/v1/organizations', { name: 'Team' }],
];

const PATCH = 'diff --git a/a.txt b/a.txt\n--- a/a.txt\n+++ b/a.txt\n@@ -1 +1 @@\n-a\n+b\n';

type Json = Record<string, unknown>;

interface Person {
  readonly userId: string;
  readonly organizationId: string;
  readonly accessToken: string;
}

type Real = Exclude<Sender, 'nobody' | 'garbage'>;

/** The senders, with tokens that are good. Requests may end their sessions or accounts: each is then replaced. */
export class People {
  private readonly authorizations = new Map<Sender, string>();
  private readonly replacing = new Map<Sender, Promise<void>>();
  private owner: Person | null = null;
  /** Users that no request about other users may name. */
  readonly userIds = new Set<string>();
  /** How often somebody was replaced. */
  replaced = 0;

  constructor(
    private readonly client: FuzzClient,
    private readonly databaseUrl: string,
  ) {}

  async begin(): Promise<void> {
    // Whom the document's examples name.
    await this.post('/api/v1/auth/register', { email: 'ada@example.com', password: PASSWORD });
    await this.make('owner');
    await Promise.all((['member', 'staff', 'stranger', 'token'] as const).map((sender) => this.make(sender)));
  }

  authorization(sender: Sender): string | null {
    if (sender === 'nobody') return null;
    return sender === 'garbage' ? 'Bearer garbage' : (this.authorizations.get(sender) ?? null);
  }

  /** Somebody new in a sender's place, once for all who ask at the same time. */
  async replace(sender: Sender, dead: string): Promise<void> {
    if (sender === 'nobody' || sender === 'garbage' || this.authorization(sender) !== dead) return;
    const running = this.replacing.get(sender) ?? this.make(sender).finally(() => this.replacing.delete(sender));
    this.replacing.set(sender, running);
    this.replaced += 1;
    await running;
  }

  private async make(sender: Real): Promise<void> {
    if (sender === 'token') {
      if (this.owner) this.authorizations.set('token', await this.personalToken(this.owner));
      return;
    }
    const person = await this.register();
    this.userIds.add(person.userId);
    await this.sql(`UPDATE subscriptions SET plan_id = (SELECT id FROM subscription_plans WHERE name = 'enterprise') WHERE organization_id = $1`, [person.organizationId]);
    if (sender === 'staff') await this.sql(`UPDATE users SET role = 'admin' WHERE id = $1`, [person.userId]);
    if (sender === 'member' && this.owner) await this.join(person, this.owner);
    this.authorizations.set(sender, `Bearer ${person.accessToken}`);
    if (sender !== 'owner') return;
    this.owner = person;
    await this.furnish(person);
  }

  private async join(person: Person, owner: Person): Promise<void> {
    await this.sql(`INSERT INTO organization_members (organization_id, user_id, role) VALUES ($1, $2, 'member')`, [owner.organizationId, person.userId]);
    await this.sql('UPDATE users SET default_organization_id = $1 WHERE id = $2', [owner.organizationId, person.userId]);
  }

  private async furnish({ accessToken, userId }: Person): Promise<void> {
    const repository = await this.post('/api/v1/repositories', { provider: 'git', cloneUrl: `http://127.0.0.1:9/acme/${randomUUID()}` }, accessToken);
    for (const [target, body] of BELONGINGS) await this.post(target, target === '/api/v1/tasks' ? { ...body, repositoryId: repository['id'] } : body, accessToken).catch((error: Error) => process.stderr.write(`${error.message}\n`));
    await this.sql(`UPDATE subscriptions SET plan_id = (SELECT id FROM subscription_plans WHERE name = 'enterprise') WHERE organization_id IN (SELECT organization_id FROM organization_members WHERE user_id = $1)`, [userId]);
    await this.sql(
      `WITH task AS (SELECT id FROM tasks WHERE repository_id = $1 ORDER BY created_at LIMIT 1)
       INSERT INTO task_results (id, task_id, result_type, content, media_type, size_bytes) SELECT $2, id, 'patch', $3, 'text/x-patch', $4 FROM task`,
      [repository['id'], randomUUID(), PATCH, PATCH.length],
    );
  }

  private async register(): Promise<Person> {
    const body = await this.post('/api/v1/auth/register', { email: `fuzzer-${randomUUID()}@example.com`, password: PASSWORD });
    return { userId: (body['user'] as Json)['id'] as string, organizationId: (body['organization'] as Json)['id'] as string, accessToken: body['accessToken'] as string };
  }

  private async personalToken(person: Person): Promise<string> {
    const { token } = await this.post('/api/v1/auth/tokens', { name: 'fuzzer', scopes: SCOPES }, person.accessToken);
    return `Bearer ${String(token)}`;
  }

  private async post(target: string, body: object, token?: string): Promise<Json> {
    const headers = { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) };
    const answer = await this.client.send({ method: 'POST', target, headers, body: Buffer.from(JSON.stringify(body)) });
    if (answer.status !== 201) throw new Error(`${target} answered ${answer.status}: ${answer.text}`);
    return JSON.parse(answer.text) as Json;
  }

  private async sql(statement: string, values: unknown[]): Promise<void> {
    const database = new Client({ connectionString: this.databaseUrl });
    await database.connect();
    try {
      await database.query(statement, values);
    } finally {
      await database.end();
    }
  }
}
