import { planInForce, sqlRow, type Tx } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { membersReached, modelNotInPlan, repositoriesReached, tasksPerDayReached } from './plans.errors';

export type PlanTier = 'free' | 'pro' | 'enterprise';

/** What an organization may do now. Limits of null are unlimited. */
export interface Entitlement {
  readonly plan: string;
  readonly planName: string;
  readonly tier: PlanTier;
  readonly creditsIncludedMicro: bigint;
  readonly maxRepositories: number | null;
  readonly maxTasksPerDay: number | null;
  readonly maxConcurrentTasks: number | null;
  readonly maxMembers: number | null;
  /** null without a live subscription: the free plan's limits hold. */
  readonly status: string | null;
  readonly currentPeriodStart: Date | null;
  readonly currentPeriodEnd: Date | null;
  readonly cancelAtPeriodEnd: boolean;
  readonly trialEnd: Date | null;
}

const TIER_RANK: Readonly<Record<PlanTier, number>> = { free: 0, pro: 1, enterprise: 2 };

/** No plan was loaded: nothing is limited, as the tier of a deployment that sells nothing. */
const NO_PLANS: Entitlement = {
  plan: 'none', planName: 'None', tier: 'enterprise', creditsIncludedMicro: 0n, maxRepositories: null, maxTasksPerDay: null, maxConcurrentTasks: null, maxMembers: null,
  status: null, currentPeriodStart: null, currentPeriodEnd: null, cancelAtPeriodEnd: false, trialEnd: null,
};

/**
 * What plans allow. A check that counts takes a lock of the organization until the transaction ends, so that two calls at once cannot both
 * take the last place.
 */
@Injectable()
export class Entitlements {
  /** By the plan of the live subscription; unpaid and paused ones, and those past due for 7 days, fall back to the free plan. */
  async forOrganization(manager: Tx, organizationId: string): Promise<Entitlement> {
    return (await sqlRow<Entitlement>(manager, ENTITLEMENT, [organizationId], ['creditsIncludedMicro'])) ?? NO_PLANS;
  }

  /** @param more tasks that shall begin. @throws {AppError} plan_limit_tasks_per_day, with Retry-After */
  async assertTaskToday(tx: Tx, organizationId: string, more = 1): Promise<void> {
    const plan = await sqlRow<Pick<Entitlement, 'maxTasksPerDay' | 'planName'>>(tx, LOCKED_DAILY_LIMIT, [organizationId]);
    const { maxTasksPerDay: limit, planName } = plan ?? NO_PLANS;
    if (limit === null) return;
    const row = await sqlRow<{ today: number; left: number }>(
      tx,
      `SELECT count(*)::integer AS today, ceil(extract(epoch FROM (date_trunc('day', now() AT TIME ZONE 'UTC') + interval '1 day') AT TIME ZONE 'UTC' - now()))::integer AS left
         FROM tasks WHERE organization_id = $1 AND created_at >= date_trunc('day', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'`,
      [organizationId],
    );
    if (row && row.today + more > limit) throw tasksPerDayReached(limit, planName, row.left);
  }

  /** @throws {AppError} plan_limit_repositories */
  async assertRepositoryMore(tx: Tx, organizationId: string): Promise<void> {
    const { maxRepositories: limit, planName } = await this.forOrganization(tx, organizationId);
    if (limit === null) return;
    await this.lock(tx, 'repositories', organizationId);
    const row = await sqlRow<{ count: number }>(tx, 'SELECT count(*)::integer AS count FROM repositories WHERE organization_id = $1 AND disconnected_at IS NULL', [organizationId]);
    if (row && row.count >= limit) throw repositoriesReached(limit, planName);
  }

  /** `promised`: places that open invitations hold. @throws {AppError} plan_limit_members */
  async assertMemberMore(tx: Tx, organizationId: string, promised = 0): Promise<void> {
    const { maxMembers: limit, planName } = await this.forOrganization(tx, organizationId);
    if (limit === null) return;
    await this.lock(tx, 'members', organizationId);
    const row = await sqlRow<{ count: number }>(tx, 'SELECT count(*)::integer AS count FROM organization_members WHERE organization_id = $1', [organizationId]);
    if (row && row.count + promised >= limit) throw membersReached(limit, planName);
  }

  /** @throws {AppError} plan_limit_model */
  async assertModelTier(manager: Tx, organizationId: string, minTier: PlanTier): Promise<void> {
    const { tier, planName } = await this.forOrganization(manager, organizationId);
    if (!reachesTier(tier, minTier)) throw modelNotInPlan(planName, minTier);
  }

  private async lock(tx: Tx, what: string, organizationId: string): Promise<void> {
    await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('plan-' || $1::text || '-' || $2::text, 0))`, [what, organizationId]);
  }
}

/** Whether a plan of one tier includes what another needs. */
export function reachesTier(tier: PlanTier, needed: PlanTier): boolean {
  return TIER_RANK[tier] >= TIER_RANK[needed];
}

const PLAN = `  FROM (SELECT $1::uuid AS organization_id) o
  LEFT JOIN subscriptions s ON s.organization_id = o.organization_id AND s.status IN ('trialing','active','past_due','unpaid','paused')
  JOIN subscription_plans p ON p.id = ${planInForce('o.organization_id')}`;

const ENTITLEMENT = `
SELECT p.name AS plan, p.display_name AS plan_name, p.tier,
       CASE WHEN p.tier = 'free' AND EXISTS (SELECT 1 FROM organizations t WHERE t.id = $1 AND t.kind = 'team') THEN 0 ELSE p.credits_included_micro END AS credits_included_micro,
       p.max_repositories, p.max_tasks_per_day, p.max_concurrent_tasks, p.max_members,
       s.status, s.current_period_start, s.current_period_end, coalesce(s.cancel_at_period_end, false) AS cancel_at_period_end, s.trial_end
${PLAN}`;

/** The lock of `assertTaskToday` in the same round trip. The count must be a statement of its own: it has to see what was committed while it waited. */
const LOCKED_DAILY_LIMIT = `
SELECT p.max_tasks_per_day, p.display_name AS plan_name,
       CASE WHEN p.max_tasks_per_day IS NOT NULL THEN pg_advisory_xact_lock(hashtextextended('plan-tasks-' || o.organization_id::text, 0))::text END AS locked
${PLAN}`;
