import { sqlChange, sqlRow, type Tx } from '@app/domain';
import { Injectable } from '@nestjs/common';
import type { Sellable } from '../payments/stripe-checkout';
import type { PlanTier } from '../plans/entitlements';

/** A plan as far as payments need it. */
export interface PlanRow {
  readonly id: string;
  readonly name: string;
  readonly displayName: string;
  readonly tier: PlanTier;
  readonly priceMinor: bigint;
  readonly currency: string;
  readonly billingInterval: 'month' | 'year';
  readonly creditsIncludedMicro: bigint;
  readonly creditsRollOver: boolean;
  readonly trialDays: number;
  readonly stripePriceId: string | null;
  /** Of one credit beyond the included ones; null: the plan sells none. */
  readonly overagePriceMinor: number | null;
  readonly stripeOveragePriceId: string | null;
  readonly isActive: boolean;
  readonly sortOrder: number;
}

/** A package as far as payments need it. */
export interface PackageRow {
  readonly id: string;
  readonly displayName: string;
  readonly creditsMicro: bigint;
  readonly priceMinor: bigint;
  readonly currency: string;
  readonly expiresAfterDays: number | null;
  readonly stripePriceId: string | null;
}

const PLAN = `SELECT id, name, display_name, tier, price_minor, currency, billing_interval, credits_included_micro, credits_roll_over, trial_days, stripe_price_id, overage_price_minor, stripe_overage_price_id, is_active, sort_order FROM subscription_plans`;
const PLAN_BIGINTS = ['priceMinor', 'creditsIncludedMicro'] as const;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Plans and packages, by what Stripe calls them. Our rows are the source: Stripe's prices follow them. */
@Injectable()
export class PlanCatalogStore {
  byId(manager: Tx, id: string): Promise<PlanRow | null> {
    return sqlRow<PlanRow>(manager, `${PLAN} WHERE id = $1`, [id], PLAN_BIGINTS);
  }

  /** What is on sale under a name; with an interval, the plan of the same tier that is paid so. */
  async onSale(manager: Tx, name: string, interval?: 'month' | 'year'): Promise<PlanRow | null> {
    const plan = await sqlRow<PlanRow>(manager, `${PLAN} WHERE name = $1 AND is_active`, [name], PLAN_BIGINTS);
    if (!plan || interval === undefined || plan.billingInterval === interval) return plan;
    return sqlRow<PlanRow>(manager, `${PLAN} WHERE tier = $1 AND billing_interval = $2 AND is_active ORDER BY sort_order, id LIMIT 1`, [plan.tier, interval], PLAN_BIGINTS);
  }

  /** The plan that a price of Stripe's sells, now or formerly. `planId`: what the price itself says. */
  ofPrice(manager: Tx, priceId: string, planId: string | null = null): Promise<PlanRow | null> {
    return sqlRow<PlanRow>(manager, `${PLAN} WHERE stripe_price_id = $1 OR id = $2::uuid ORDER BY (stripe_price_id = $1) DESC NULLS LAST LIMIT 1`, [priceId, planId !== null && UUID.test(planId) ? planId : null], PLAN_BIGINTS);
  }

  packageOnSale(manager: Tx, id: string): Promise<PackageRow | null> {
    return sqlRow<PackageRow>(
      manager,
      `SELECT id, display_name, credits_micro + bonus_credits_micro AS credits_micro, price_minor, currency, expires_after_days, stripe_price_id FROM credit_packages WHERE id = $1 AND is_active`,
      [id],
      ['creditsMicro', 'priceMinor'],
    );
  }

  /** Remembers the price that was made for a plan's overage, unless another was meanwhile. */
  async keepOveragePrice(manager: Tx, planId: string, price: { before: string | null; id: string }): Promise<boolean> {
    return (await sqlChange(manager, 'UPDATE subscription_plans SET stripe_overage_price_id = $3 WHERE id = $1 AND stripe_overage_price_id IS NOT DISTINCT FROM $2', [planId, price.before, price.id])) === 1;
  }

  /** Remembers the price that was made for a row, unless another was meanwhile. */
  async keepPrice(manager: Tx, item: Pick<Sellable, 'id' | 'kind'>, price: { before: string | null; id: string; productId: string | null }): Promise<boolean> {
    const table = item.kind === 'plan' ? 'subscription_plans' : 'credit_packages';
    const changed = await sqlChange(manager, `UPDATE ${table} SET stripe_price_id = $3, stripe_product_id = $4 WHERE id = $1 AND stripe_price_id IS NOT DISTINCT FROM $2`, [item.id, price.before, price.id, price.productId]);
    return changed === 1;
  }
}
