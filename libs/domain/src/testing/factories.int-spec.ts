import type { DataSource } from 'typeorm';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import { TASK_STATUSES } from '../tasks/task-status';
import { aBlob, anAccessToken, anApiKey, aSession, aWebhookDelivery, aWebhookEndpoint } from './plumbing.factory';
import { aTenant, type Tenant } from './tenant.factory';
import { aGitRepo, aModel, anInstallation, aPullRequest, aTask, aTaskRow } from './work.factory';

let database: TestDatabase;
let db: DataSource;
let tenant: Tenant;
beforeAll(async () => {
  database = await openTestDatabase();
  db = database.dataSource;
  tenant = await aTenant(db);
});
afterAll(() => database.close());

describe('aTenant', () => {
  it('makes tenants side by side', async () => {
    const several = await Promise.all([aTenant(db), aTenant(db, { plan: { maxConcurrentTasks: 1 } }), aTenant(db, { creditsMicro: 0n })]);
    expect(new Set(several.map((one) => one.organization.id)).size).toBe(3);
    expect(several[0]?.plan.id).toBe(tenant.plan.id);
    expect(several[1]?.plan.maxConcurrentTasks).toBe(1);
    expect(several[2]?.account.availableMicro).toBe(0n);
    expect(tenant.user.defaultOrganizationId).toBe(tenant.organization.id);
  });

  it('books its credits as the ledger would', async () => {
    const [sums] = await db.query<{ entries: string; lots: string; balance: string }[]>(
      `SELECT (SELECT sum(amount_micro) FROM credit_entries WHERE organization_id = $1 AND account = 'available') AS entries,
              (SELECT sum(remaining_micro) FROM credit_grants WHERE organization_id = $1) AS lots,
              (SELECT available_micro FROM credit_accounts WHERE organization_id = $1) AS balance`,
      [tenant.organization.id],
    );
    expect(sums).toEqual({ entries: '1000000000', lots: '1000000000', balance: '1000000000' });
  });
});

describe('the other factories', () => {
  const owner = () => ({ organizationId: tenant.organization.id, userId: tenant.user.id });

  it('make a task in every status', async () => {
    const repo = await aGitRepo(db, { organizationId: tenant.organization.id, installationId: (await anInstallation(db, { organizationId: tenant.organization.id })).id });
    for (const status of TASK_STATUSES) {
      const values = { ...owner(), repositoryId: repo.id };
      const { task, counters } = status === 'draft' || status === 'scheduled' ? await aTaskRow(db, { ...values, status }) : await aTask(db, { ...values, status });
      expect(task).toMatchObject({ status, rowVersion: 1, tags: [], maxAttempts: 3 });
      expect(counters).toMatchObject({ taskId: task.id, lastEventSeq: 0n });
    }
  });

  it('keep big numbers exact, in both directions', async () => {
    const repo = await aGitRepo(db, { organizationId: tenant.organization.id, githubId: '9007199254740993', sizeKb: 9_007_199_254_740_993n });
    expect(repo).toMatchObject({ githubId: '9007199254740993', sizeKb: 9_007_199_254_740_993n });
  });

  it('make the rest', async () => {
    const repo = await aGitRepo(db, { organizationId: tenant.organization.id });
    expect((await aModel(db)).price.inputUmtok).toBe(2_000_000n);
    expect((await aPullRequest(db, { repositoryId: repo.id })).status).toBe('open');
    expect((await aSession(db, tenant.user.id)).revokedAt).toBeNull();
    expect((await anAccessToken(db, 'ac_secret', owner())).tokenHash).toHaveLength(32);
    expect((await anApiKey(db, owner())).status).toBe('unverified');
    expect((await aBlob(db, tenant.organization.id, Buffer.from('patch'))).sizeBytes).toBe(5n);
    expect((await aWebhookDelivery(db)).status).toBe('received');
    expect((await aWebhookEndpoint(db, { organizationId: tenant.organization.id })).status).toBe('active');
  });
});
