/** Days that a plan still counts after a payment for it failed. */
const GRACE_DAYS = 7;

/** SQL: whether the plan of a subscription (its alias) counts now. */
export function countsNow(subscription: string): string {
  return `(${subscription}.status IN ('trialing','active') OR (${subscription}.status = 'past_due' AND coalesce(${subscription}.past_due_since, now()) > now() - interval '${GRACE_DAYS} days'))`;
}

/** SQL: id of the plan that an organization (an expression) has now, which is the free one where no subscription counts. */
export function planInForce(organization: string): string {
  return `coalesce(
    (SELECT s.plan_id FROM subscriptions s WHERE s.organization_id = ${organization} AND ${countsNow('s')} LIMIT 1),
    (SELECT f.id FROM subscription_plans f WHERE f.tier = 'free' AND f.is_active ORDER BY f.sort_order, f.id LIMIT 1))`;
}
