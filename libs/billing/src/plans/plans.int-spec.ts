import { aGitRepo, aMember, aPlan, aTaskRow, aTenant, aUser, anOrganization } from '@app/domain/testing';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import { BillingHouse } from '../testing';

let database: TestDatabase;
let house: BillingHouse;
beforeAll(async () => {
  database = await openTestDatabase();
  house = new BillingHouse(database.dataSource);
});
afterAll(() => database.close());

const manager = () => database.dataSource.manager;

describe('without any plan', () => {
  it('limits nothing', async () => {
    const user = await aUser(database.dataSource);
    const organization = await anOrganization(database.dataSource, { ownerUserId: user.id });
    expect(await house.entitlements.forOrganization(manager(), organization.id)).toMatchObject({ plan: 'none', tier: 'enterprise', maxTasksPerDay: null });
    await house.work.run((tx) => house.freePlan.start(tx, { organizationId: organization.id, userId: user.id }));
    expect((await house.accounts.balance(manager(), organization.id)).availableMicro).toBe(0n);
  });
});

describe('the free plan', () => {
  const signUp = async () => {
    const user = await aUser(database.dataSource);
    const organization = await anOrganization(database.dataSource, { ownerUserId: user.id, kind: 'personal' });
    return { userId: user.id, organizationId: organization.id };
  };

  it('begins with its credits, once per person', async () => {
    await aPlan(database.dataSource, { name: 'free', displayName: 'Free', sortOrder: 1, maxTasksPerDay: 2, maxRepositories: 1, maxMembers: 1 });
    const who = await signUp();
    for (let again = 0; again < 2; again++) await house.work.run((tx) => house.freePlan.start(tx, who));
    expect(await house.accounts.balance(manager(), who.organizationId)).toMatchObject({ availableMicro: 100_000_000n, grants: [{ source: 'signup', category: 'promotional', expiresAt: null }] });
    expect(await house.entitlements.forOrganization(manager(), who.organizationId)).toMatchObject({ plan: 'free', status: 'active', maxTasksPerDay: 2 });
  });

  it('gives each month once, also after months in which nobody looked', async () => {
    const who = await signUp();
    await house.work.run((tx) => house.freePlan.start(tx, who));
    const renew = async () => (await Promise.all([1, 2, 3].map(() => house.work.run((tx) => house.freePlan.renewOne(tx))))).filter(Boolean).length;
    expect(await renew()).toBe(0);
    await database.dataSource.query(
      `UPDATE subscriptions SET current_period_start = now() - interval '4 months 1 day', current_period_end = now() - interval '3 months 1 day' WHERE organization_id = $1`,
      [who.organizationId],
    );
    expect(await renew()).toBe(1);
    expect(await renew()).toBe(0);
    const { currentPeriodStart, currentPeriodEnd } = await house.entitlements.forOrganization(manager(), who.organizationId);
    expect(currentPeriodStart!.getTime()).toBeLessThanOrEqual(Date.now());
    expect(currentPeriodEnd!.getTime()).toBeGreaterThan(Date.now());
    const balance = await house.accounts.balance(manager(), who.organizationId);
    expect(balance.availableMicro).toBe(200_000_000n);
    expect(balance.grants.map((grant) => [grant.source, grant.expiresAt?.getTime() ?? null])).toEqual([['subscription', currentPeriodEnd!.getTime()], ['signup', null]]);
    expect(await house.unexplained()).toEqual([]);
  });
});

describe('a team on the free plan', () => {
  it('is given no credits, neither at first nor month by month', async () => {
    const user = await aUser(database.dataSource);
    const { id: organizationId } = await anOrganization(database.dataSource, { ownerUserId: user.id, kind: 'team' });
    await house.work.run((tx) => house.freePlan.startTeam(tx, { organizationId, userId: user.id }));
    expect(await house.entitlements.forOrganization(manager(), organizationId)).toMatchObject({ plan: 'free', status: 'active', creditsIncludedMicro: 0n });
    await database.dataSource.query(`UPDATE subscriptions SET current_period_start = now() - interval '2 months', current_period_end = now() - interval '1 day' WHERE organization_id = $1`, [organizationId]);
    expect(await house.work.run((tx) => house.freePlan.renewOne(tx))).toBe(true);
    expect(await house.work.run((tx) => house.freePlan.renewOne(tx))).toBe(false);
    expect(await house.accounts.balance(manager(), organizationId)).toMatchObject({ availableMicro: 0n, lifetimeGrantedMicro: 0n, grants: [] });
  });
});

describe('limits', () => {
  it('count tasks of a day, and two at once cannot both take the last place', async () => {
    const tenant = await aTenant(database.dataSource, { plan: { displayName: 'Small', maxTasksPerDay: 3, maxRepositories: 1, maxMembers: 2 } });
    const organizationId = tenant.organization.id;
    const repo = await aGitRepo(database.dataSource, { organizationId });
    const create = () =>
      house.work.run(async (tx) => {
        await house.entitlements.assertTaskToday(tx, organizationId);
        await aTaskRow(tx, { organizationId, userId: tenant.user.id, repositoryId: repo.id });
      });
    const results = await Promise.allSettled(Array.from({ length: 8 }, create));
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(3);
    await expect(create()).rejects.toMatchObject({ code: 'plan_limit_tasks_per_day', members: { limit: 3 }, headers: { 'Retry-After': expect.stringMatching(/^\d+$/) as string } });
    await database.dataSource.query(`UPDATE tasks SET created_at = now() - interval '1 day' WHERE organization_id = $1`, [organizationId]);
    await expect(create()).resolves.toBeUndefined();
    await expect(house.work.run((tx) => house.entitlements.assertRepositoryMore(tx, organizationId))).rejects.toMatchObject({ code: 'plan_limit_repositories' });
    await expect(house.work.run((tx) => house.entitlements.assertMemberMore(tx, organizationId))).resolves.toBeUndefined();
    await expect(house.work.run((tx) => house.entitlements.assertMemberMore(tx, organizationId, 1))).rejects.toMatchObject({ code: 'plan_limit_members' });
    await aMember(database.dataSource, organizationId, (await aUser(database.dataSource)).id);
    await expect(house.work.run((tx) => house.entitlements.assertMemberMore(tx, organizationId))).rejects.toMatchObject({ code: 'plan_limit_members' });
  });

  it('fall back to the free plan when a subscription is not paid', async () => {
    const pro = await aPlan(database.dataSource, { name: 'pro', tier: 'pro', priceMinor: 2_000n, maxTasksPerDay: 50 });
    const tenant = await aTenant(database.dataSource);
    const tierWhen = async (status: string) => {
      await database.dataSource.query('UPDATE subscriptions SET plan_id = $2, status = $3 WHERE organization_id = $1', [tenant.organization.id, pro.id, status]);
      return (await house.entitlements.forOrganization(manager(), tenant.organization.id)).tier;
    };
    expect([await tierWhen('active'), await tierWhen('past_due'), await tierWhen('unpaid'), await tierWhen('canceled')]).toEqual(['pro', 'pro', 'free', 'free']);
    await expect(house.entitlements.assertModelTier(manager(), tenant.organization.id, 'pro')).rejects.toMatchObject({ code: 'plan_limit_model' });
  });
});
