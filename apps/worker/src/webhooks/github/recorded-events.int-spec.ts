import { createRequire } from 'node:module';
import { aTenant, type Tenant } from '@app/domain/testing';
import { GithubInbox } from '../testing/github-inbox';

interface Recorded {
  readonly name: string;
  readonly examples: readonly (Record<string, unknown> & { repository?: { id: number; full_name: string }; installation?: { id: number } })[];
}

/** Payloads that GitHub once sent, some years old. */
const RECORDED = createRequire(__filename)('@octokit/webhooks-examples/api.github.com/index.json') as Recorded[];
const EVENTS = RECORDED.flatMap(({ name, examples }) => examples.map((payload, index) => ({ event: name, payload, guid: `recorded-${name}-${index}` })));
/** Tables that such an event may write. */
const WRITTEN = ['repositories', 'github_installations', 'pull_requests', 'pull_request_reviews', 'pull_request_comments', 'commit_checks', 'user_repository_access', 'task_events'];

let inbox: GithubInbox;
let tenants: Tenant[];
beforeAll(async () => {
  inbox = await GithubInbox.open();
  tenants = [await aTenant(inbox.database.dataSource), await aTenant(inbox.database.dataSource)];
  const repositories = new Map(EVENTS.flatMap(({ payload }) => (payload.repository?.full_name ? [[payload.repository.id, payload.repository.full_name] as const] : [])));
  for (const tenant of tenants) for (const [id, fullName] of repositories) await inbox.connect(tenant, { id, fullName });
}, 120_000);
afterAll(() => inbox.close());

async function dump(): Promise<Record<string, unknown[]>> {
  const tables: Record<string, unknown[]> = {};
  for (const table of WRITTEN) tables[table] = await inbox.sql(`SELECT to_jsonb(t) - 'row_version' - 'updated_at' - 'sync_requested_at' AS row FROM ${table} t ORDER BY t::text`);
  return tables;
}

it('are 329, and are worked on once each, also when their worker died before it could say so', async () => {
  expect(EVENTS).toHaveLength(329);
  const ids: string[] = [];
  for (const event of EVENTS) {
    const id = await inbox.receive(event);
    if (id !== null) ids.push(id);
  }
  const ends: Record<string, number> = {};
  for (const id of ids) {
    const { status, attempts, lastError } = await inbox.work(id);
    if (status !== 'processed' && status !== 'ignored') throw new Error(`${id} is ${status}: ${lastError}`);
    expect(attempts).toBe(1);
    ends[status] = (ends[status] ?? 0) + 1;
  }
  expect(ends['processed']).toBeGreaterThan(90);
  const after = await dump();
  const counted = (table: string): number => after[table]!.length;
  expect(Math.min(counted('pull_requests'), counted('pull_request_reviews'), counted('pull_request_comments'), counted('commit_checks'), counted('github_installations'))).toBeGreaterThan(0);

  for (const event of EVENTS) expect(await inbox.receive(event)).toBeNull();
  for (const id of ids) await inbox.again(id);
  expect(await dump()).toEqual(after);
}, 240_000);

it('reach every organization that connected the repository, and are the same to each', async () => {
  const pulls = (tenant: Tenant) => inbox.sql(`SELECT p.github_pr_id, p.status, p.title, p.head_sha FROM pull_requests p JOIN repositories r ON r.id = p.repository_id WHERE r.organization_id = $1 ORDER BY p.github_pr_id`, [tenant.organization.id]);
  const [one, other] = await Promise.all(tenants.map(pulls));
  expect(one!.length).toBeGreaterThan(1);
  expect(other).toEqual(one);
});
