// Webhooks out about subscriptions, written in the transaction of the fact.
import { emitOrganizationNews, sqlRow, type Tx } from '@app/domain';

/** A subscription as receivers see it. */
async function shown(tx: Tx, organizationId: string): Promise<Record<string, unknown>> {
  const row = await sqlRow<Record<string, unknown>>(
    tx,
    `SELECT p.name AS plan, s.status, s.current_period_start, s.current_period_end, s.cancel_at_period_end, s.trial_end, n.name AS pending_plan
       FROM subscriptions s JOIN subscription_plans p ON p.id = s.plan_id LEFT JOIN subscription_plans n ON n.id = s.pending_plan_id
      WHERE s.organization_id = $1 ORDER BY (s.status IN ('trialing','active','past_due','unpaid','paused')) DESC, s.created_at DESC, s.id DESC LIMIT 1`,
    [organizationId],
  );
  return row ?? {};
}

export async function tellOfChange(tx: Tx, organizationId: string, previousStatus: string | null): Promise<void> {
  await emitOrganizationNews(tx, organizationId, 'subscription.updated', { ...(await shown(tx, organizationId)), previousStatus });
}

export async function tellOfTrialEnd(tx: Tx, organizationId: string): Promise<void> {
  await emitOrganizationNews(tx, organizationId, 'subscription.trial_ending', await shown(tx, organizationId));
}
