import { newId } from '@app/common';
import { sqlChange, sqlRow, type Subscription, type Tx } from '@app/domain';
import { Injectable } from '@nestjs/common';

/** What Stripe says about a subscription, in our terms. */
export interface MirroredSubscription {
  readonly organizationId: string;
  readonly userId: string | null;
  readonly planId: string;
  readonly pendingPlanId: string | null;
  readonly stripeSubscriptionId: string;
  readonly stripeSubscriptionItemId: string | null;
  readonly stripeOverageItemId: string | null;
  readonly stripeCustomerId: string;
  readonly status: Subscription['status'];
  readonly stripeStatus: string;
  readonly quantity: number;
  readonly currentPeriodStart: Date;
  readonly currentPeriodEnd: Date;
  readonly cancelAtPeriodEnd: boolean;
  readonly cancelAt: Date | null;
  readonly canceledAt: Date | null;
  readonly endedAt: Date | null;
  readonly trialStart: Date | null;
  readonly trialEnd: Date | null;
  readonly pastDueSince: Date | null;
  readonly livemode: boolean;
}

/** A row as it is kept. */
export interface SubscriptionRow extends MirroredSubscription {
  readonly id: string;
  readonly rowVersion: number;
  readonly stripeEventAt: Date | null;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** The organization's subscription that lives now, with its plans' names. */
export interface LiveSubscription {
  readonly id: string;
  readonly rowVersion: number;
  readonly status: Subscription['status'];
  readonly plan: string;
  readonly planId: string;
  readonly sortOrder: number;
  readonly pendingPlan: string | null;
  readonly currentPeriodStart: Date;
  readonly currentPeriodEnd: Date;
  readonly cancelAtPeriodEnd: boolean;
  readonly cancelAt: Date | null;
  readonly trialEnd: Date | null;
  readonly pastDueSince: Date | null;
  readonly stripeSubscriptionId: string | null;
  readonly stripeSubscriptionItemId: string | null;
  readonly stripeOverageItemId: string | null;
  /** How far beyond the included credits, in a period; null: not at all. */
  readonly overageLimitMicro: bigint | null;
  readonly stripeCustomerId: string | null;
}

const LIVE = `('trialing','active','past_due','unpaid','paused')`;
const COLUMNS = [
  'organization_id', 'user_id', 'plan_id', 'pending_plan_id', 'stripe_subscription_id', 'stripe_subscription_item_id', 'stripe_overage_item_id', 'stripe_customer_id', 'status', 'stripe_status', 'quantity', 'current_period_start',
  'current_period_end', 'cancel_at_period_end', 'cancel_at', 'canceled_at', 'ended_at', 'trial_start', 'trial_end', 'past_due_since', 'livemode',
] as const;

/** Subscriptions, as Stripe has them and the free ones. */
@Injectable()
export class SubscriptionStore {
  live(manager: Tx, organizationId: string): Promise<LiveSubscription | null> {
    return sqlRow<LiveSubscription>(
      manager,
      `SELECT s.id, s.row_version, s.status, p.name AS plan, p.id AS plan_id, p.sort_order, n.name AS pending_plan, s.current_period_start, s.current_period_end, s.cancel_at_period_end, s.cancel_at, s.trial_end,
              s.past_due_since, s.stripe_subscription_id, s.stripe_subscription_item_id, s.stripe_overage_item_id, s.overage_limit_micro, s.stripe_customer_id
         FROM subscriptions s JOIN subscription_plans p ON p.id = s.plan_id LEFT JOIN subscription_plans n ON n.id = s.pending_plan_id
        WHERE s.organization_id = $1 AND s.status IN ${LIVE}`,
      [organizationId],
      ['overageLimitMicro'],
    );
  }

  /** What the organization used, in the counts that plans limit. */
  async used(manager: Tx, organizationId: string, periodStart: Date | null): Promise<{ creditsMicro: bigint; tasksToday: number; repositories: number; members: number }> {
    const row = await sqlRow<{ creditsMicro: bigint; tasksToday: number; repositories: number; members: number }>(
      manager,
      `SELECT coalesce((SELECT -sum(amount_micro) FROM credit_transactions WHERE organization_id = $1 AND type = 'usage' AND created_at >= coalesce($2::timestamptz, date_trunc('month', now()))), 0)::bigint AS credits_micro,
              (SELECT count(*)::int FROM tasks WHERE organization_id = $1 AND created_at >= date_trunc('day', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC') AS tasks_today,
              (SELECT count(*)::int FROM repositories WHERE organization_id = $1 AND disconnected_at IS NULL) AS repositories, (SELECT count(*)::int FROM organization_members WHERE organization_id = $1) AS members`,
      [organizationId, periodStart],
      ['creditsMicro'],
    );
    return row ?? { creditsMicro: 0n, tasksToday: 0, repositories: 0, members: 0 };
  }

  byStripeId(manager: Tx, stripeSubscriptionId: string): Promise<SubscriptionRow | null> {
    return sqlRow<SubscriptionRow>(manager, `SELECT id, row_version, stripe_event_at, metadata, ${COLUMNS.join(', ')} FROM subscriptions WHERE stripe_subscription_id = $1`, [stripeSubscriptionId]);
  }

  /** Whether the organization ever paid for a plan, or tried one. */
  async hadOne(manager: Tx, organizationId: string): Promise<boolean> {
    return (await sqlRow(manager, 'SELECT 1 AS found FROM subscriptions WHERE organization_id = $1 AND stripe_subscription_id IS NOT NULL LIMIT 1', [organizationId])) !== null;
  }

  /** Writes what Stripe said at `asOf`; returns the row's id. After the organization's lock. */
  async write(tx: Tx, row: MirroredSubscription, asOf: Date): Promise<string> {
    const values = COLUMNS.map((column) => row[camel(column)]);
    const places = COLUMNS.map((column, index) => (column === 'user_id' ? `(SELECT id FROM users WHERE id = $${index + 3}::uuid)` : `$${index + 3}`));
    const changes = COLUMNS.filter((column) => column !== 'organization_id' && column !== 'stripe_subscription_id').map((column) => `${column} = ${column === 'user_id' ? 'coalesce(s.user_id, EXCLUDED.user_id)' : `EXCLUDED.${column}`}`);
    const written = await sqlRow<{ id: string }>(
      tx,
      `INSERT INTO subscriptions AS s (id, stripe_event_at, ${COLUMNS.join(', ')}) VALUES ($1, $2, ${places.join(', ')})
       ON CONFLICT (stripe_subscription_id) DO UPDATE SET stripe_event_at = $2, ${changes.join(', ')} RETURNING s.id`,
      [newId(), asOf, ...values],
    );
    return written?.id ?? '';
  }

  /** Ends the plan that nobody pays for, to make room for a paid one. */
  async endFree(tx: Tx, organizationId: string): Promise<void> {
    await sqlChange(tx, `UPDATE subscriptions SET status = 'canceled', canceled_at = now(), ended_at = now() WHERE organization_id = $1 AND stripe_subscription_id IS NULL AND status IN ${LIVE}`, [organizationId]);
  }

  /** Another subscription of the organization that lives at Stripe. */
  async otherLive(tx: Tx, organizationId: string, stripeSubscriptionId: string): Promise<string | null> {
    const row = await sqlRow<{ id: string }>(tx, `SELECT stripe_subscription_id AS id FROM subscriptions WHERE organization_id = $1 AND stripe_subscription_id <> $2 AND status IN ${LIVE}`, [organizationId, stripeSubscriptionId]);
    return row?.id ?? null;
  }

  /** Notes something on a row, so that it is told once; false: it was noted before. */
  async note(tx: Tx, id: string, name: string, value: string): Promise<boolean> {
    return (await sqlChange(tx, `UPDATE subscriptions SET metadata = metadata || jsonb_build_object($2::text, $3::text) WHERE id = $1 AND metadata->>$2 IS DISTINCT FROM $3`, [id, name, value])) === 1;
  }

  /** How far the organization wants to go beyond its credits in a period; null: not at all. What is lent already stays. */
  async limitOverage(tx: Tx, organizationId: string, id: string, limitMicro: bigint | null): Promise<void> {
    await sqlChange(tx, 'UPDATE subscriptions SET overage_limit_micro = $3 WHERE organization_id = $1 AND id = $2', [organizationId, id, limitMicro]);
  }

  /** After a change that Stripe refused: the next one is a new call, not the repeat of this one. */
  async touch(tx: Tx, organizationId: string, id: string): Promise<void> {
    await sqlChange(tx, 'UPDATE subscriptions SET updated_at = now() WHERE organization_id = $1 AND id = $2', [organizationId, id]);
  }
}

/** Statuses with which a subscription keeps its organization from having another. */
export function isLive(status: Subscription['status']): boolean {
  return ['trialing', 'active', 'past_due', 'unpaid', 'paused'].includes(status);
}

function camel(column: (typeof COLUMNS)[number]): keyof MirroredSubscription {
  return column.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()) as keyof MirroredSubscription;
}
