import { newId } from '@app/common';
import { CreditAccount } from '../billing/credit-account.entity';
import { CreditEntry } from '../billing/credit-entry.entity';
import { CreditGrant } from '../billing/credit-grant.entity';
import { CreditTransaction } from '../billing/credit-transaction.entity';
import { SubscriptionPlan } from '../billing/subscription-plan.entity';
import { Subscription } from '../billing/subscription.entity';
import { OrganizationMember } from '../organizations/organization-member.entity';
import { Organization } from '../organizations/organization.entity';
import { User } from '../users/user.entity';
import { insert, managerOf, unique, type Db } from './insert';

export interface Tenant {
  user: User;
  organization: Organization;
  member: OrganizationMember;
  account: CreditAccount;
  plan: SubscriptionPlan;
  subscription: Subscription;
}

export interface TenantRules {
  user?: Partial<User>;
  organization?: Partial<Organization>;
  /** Microcredits granted at sign-up, booked as the ledger would. 1,000 credits unless stated. */
  creditsMicro?: bigint;
  /** Of the free plan; a row is made with these values. Absent: the plan "free", made if it is missing. */
  plan?: Partial<SubscriptionPlan>;
}

export function aUser(db: Db, values: Partial<User> = {}): Promise<User> {
  const name = unique('user');
  return insert(db, User, { id: newId(), email: `${name}@example.com`, username: name, ...values });
}

export function anOrganization(db: Db, values: Partial<Organization> & Pick<Organization, 'ownerUserId'>): Promise<Organization> {
  const name = unique('org');
  return insert(db, Organization, { id: newId(), kind: 'team', name, slug: name, ...values });
}

export function aMember(db: Db, organizationId: string, userId: string, role: OrganizationMember['role'] = 'member'): Promise<OrganizationMember> {
  return insert(db, OrganizationMember, { organizationId, userId, role });
}

export async function aPlan(db: Db, values: Partial<SubscriptionPlan> = {}): Promise<SubscriptionPlan> {
  const name = values.name ?? unique('plan');
  return insert(db, SubscriptionPlan, {
    id: newId(), name, displayName: name, tier: 'free', priceMinor: 0n, billingInterval: 'month', creditsIncludedMicro: 100_000_000n, ...values,
  });
}

/** A person with a personal organization, its owner's membership, a credit account and a live subscription. */
export function aTenant(db: Db, rules: TenantRules = {}): Promise<Tenant> {
  return managerOf(db).transaction(async (tx) => {
    const user = await aUser(tx, rules.user);
    const organization = await anOrganization(tx, { kind: 'personal', ownerUserId: user.id, ...rules.organization });
    await tx.update(User, user.id, { defaultOrganizationId: organization.id });
    const plan = rules.plan ? await aPlan(tx, rules.plan) : await freePlan(tx);
    return {
      user: await tx.findOneByOrFail(User, { id: user.id }),
      organization,
      member: await aMember(tx, organization.id, user.id, 'owner'),
      account: await anAccount(tx, organization.id, rules.creditsMicro ?? 1_000_000_000n),
      plan,
      subscription: await aSubscription(tx, organization.id, plan.id),
    };
  });
}

async function freePlan(db: Db): Promise<SubscriptionPlan> {
  const manager = managerOf(db);
  await manager.query(`SELECT pg_advisory_xact_lock(hashtextextended('free plan of tests', 0))`);
  return (await manager.findOneBy(SubscriptionPlan, { name: 'free' })) ?? aPlan(db, { name: 'free', maxConcurrentTasks: 5 });
}

function aSubscription(db: Db, organizationId: string, planId: string): Promise<Subscription> {
  const day = 24 * 3600 * 1000;
  return insert(db, Subscription, {
    id: newId(), organizationId, planId, status: 'active', currentPeriodStart: new Date(Date.now() - day), currentPeriodEnd: new Date(Date.now() + 29 * day),
  });
}

/** An account whose balance is backed by a lot and a balanced transfer, so that a reconciliation finds nothing. */
export async function anAccount(db: Db, organizationId: string, amountMicro: bigint): Promise<CreditAccount> {
  const empty = amountMicro === 0n;
  const account = await insert(db, CreditAccount, { organizationId, availableMicro: amountMicro, lifetimeGrantedMicro: amountMicro, lastSeq: empty ? 0n : 1n });
  if (empty) return account;
  const grant = await insert(db, CreditGrant, { id: newId(), organizationId, source: 'signup', category: 'promotional', amountMicro, remainingMicro: amountMicro });
  const transactionId = newId();
  // The balance of a transfer is checked at commit: both sides go in together.
  await managerOf(db).transaction(async (tx) => {
    await insert(tx, CreditTransaction, {
      id: transactionId, organizationId, seq: 1n, type: 'bonus', idempotencyKey: `signup:${organizationId}`, amountMicro,
      availableAfterMicro: amountMicro, heldAfterMicro: 0n, debtAfterMicro: 0n, grantId: grant.id,
    });
    await insert(tx, CreditEntry, { transactionId, organizationId, account: 'grants', amountMicro: -amountMicro });
    await insert(tx, CreditEntry, { transactionId, organizationId, account: 'available', amountMicro });
  });
  return account;
}
