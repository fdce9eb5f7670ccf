import { Logger } from '@app/common';
import { recordAudit, sqlRow, type Subscription, type Tx } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { FreePlan } from '../plans/free-plan';
import { expanded, idOf, itemsOf, scheduledPrice, type StripeSubscription, timeOf } from '../payments/stripe-objects';
import { StripeSubscriptions } from '../payments/stripe-subscriptions';
import { BillingWork } from './billing-work';
import type { PlanRow } from './plan-catalog.store';
import { PriceDesk } from './price-desk';
import { tellOfChange, tellOfTrialEnd } from './subscription-news';
import { isLive, type MirroredSubscription, type SubscriptionRow, SubscriptionStore } from './subscription.store';

const STATUSES: readonly Subscription['status'][] = ['incomplete', 'incomplete_expired', 'trialing', 'active', 'past_due', 'canceled', 'unpaid', 'paused'];

/** Keeps our row of a subscription as Stripe has it. Credits do not come from here: an invoice that is paid brings them. */
@Injectable()
export class SubscriptionMirror {
  private readonly logger: Logger;

  constructor(
    private readonly stripe: StripeSubscriptions,
    private readonly rows: SubscriptionStore,
    private readonly prices: PriceDesk,
    private readonly freePlan: FreePlan,
    private readonly work: BillingWork,
    logger: Logger,
  ) {
    this.logger = logger.named('billing');
  }

  /**
   * Reads a subscription again and writes what it says. Of two that do this at once the one that asked later wins; what happened after its
   * question has a webhook of its own. Null: it is none of ours.
   */
  async sync(stripeSubscriptionId: string): Promise<string | null> {
    const asOf = await this.work.now();
    const subscription = await this.stripe.find(stripeSubscriptionId);
    return subscription ? this.take(subscription, asOf) : null;
  }

  /** Our row's id of a subscription; asks Stripe only when there is none yet. */
  async ensure(stripeSubscriptionId: string): Promise<string | null> {
    return (await this.rows.byStripeId(this.work.reader, stripeSubscriptionId))?.id ?? this.sync(stripeSubscriptionId);
  }

  /** Writes an answer of Stripe's that was asked for at `asOf`. */
  async take(subscription: StripeSubscription, asOf: Date): Promise<string | null> {
    const item = itemsOf(subscription).plan;
    const pendingPrice = scheduledPrice(subscription);
    const plan = item ? await this.prices.planOfPrice(item.price) : null;
    const pending = pendingPrice === null ? null : await this.prices.planOfPrice(pendingPrice);
    const clues = { subscriptionId: subscription.id, customerId: idOf(subscription.customer), metadata: subscription.metadata['organization_id'] ?? null };
    return this.work.ofOwner(clues, async (tx, organizationId) => {
      const before = await this.rows.byStripeId(tx, subscription.id);
      if (before?.stripeEventAt && before.stripeEventAt > asOf) return before.id;
      const planId = plan?.id ?? before?.planId;
      if (planId === undefined) return this.unknownPlan(subscription);
      const row = mirrored(subscription, { organizationId, planId, pending });
      const kept = await this.keptApart(tx, row);
      const id = await this.rows.write(tx, kept, asOf);
      await this.followUp(tx, id, before, kept);
      return id;
    });
  }

  /** The trial of a subscription ends soon; told once per end. */
  async trialEnds(stripeSubscriptionId: string): Promise<void> {
    await this.sync(stripeSubscriptionId);
    const known = await this.rows.byStripeId(this.work.reader, stripeSubscriptionId);
    if (!known) return;
    await this.work.inTurn(known.organizationId, async (tx) => {
      const row = await this.rows.byStripeId(tx, stripeSubscriptionId);
      if (row?.status !== 'trialing' || row.trialEnd === null) return;
      if (await this.rows.note(tx, row.id, 'trialEndTold', row.trialEnd.toISOString())) await tellOfTrialEnd(tx, row.organizationId);
    });
  }

  /** An organization has one subscription at a time. A second one that is paid all the same is kept beside it, as unknown, for people to look at. */
  private async keptApart(tx: Tx, row: MirroredSubscription): Promise<MirroredSubscription> {
    if (!isLive(row.status)) return row;
    const other = await this.rows.otherLive(tx, row.organizationId, row.stripeSubscriptionId);
    if (other === null) {
      await this.rows.endFree(tx, row.organizationId);
      return row;
    }
    this.logger.error('An organization has two subscriptions at Stripe', { organizationId: row.organizationId, subscriptions: [other, row.stripeSubscriptionId] });
    return { ...row, status: 'unknown' };
  }

  private async followUp(tx: Tx, id: string, before: SubscriptionRow | null, after: MirroredSubscription): Promise<void> {
    const { organizationId } = after;
    if (!isLive(after.status) && !(await this.rows.live(tx, organizationId))) {
      const owner = await sqlRow<{ userId: string }>(tx, `SELECT owner_user_id AS user_id FROM organizations WHERE id = $1 AND status <> 'deleted'`, [organizationId]);
      if (owner) await this.freePlan.startTeam(tx, { organizationId, userId: owner.userId });
    }
    const changes = changesOf(before, after);
    if (Object.keys(changes).length === 0) return;
    await recordAudit(tx, { organizationId, action: before ? 'subscription.updated' : 'subscription.started', targetType: 'subscription', targetId: id, changes });
    await tellOfChange(tx, organizationId, before?.status ?? null);
  }

  private unknownPlan(subscription: StripeSubscription): never {
    throw new Error(`subscription ${subscription.id} is of no plan of ours`);
  }
}

/** Stripe's enums are open: what is new to us is kept as `unknown`, which entitles to nothing, beside its own word. */
function mirrored(subscription: StripeSubscription, ours: { organizationId: string; planId: string; pending: PlanRow | null }): MirroredSubscription {
  const status = STATUSES.find((known) => known === subscription.status) ?? 'unknown';
  return {
    ...itemOf(subscription),
    organizationId: ours.organizationId, planId: ours.planId, pendingPlanId: ours.pending?.id ?? null, userId: userIn(subscription),
    stripeSubscriptionId: subscription.id, stripeCustomerId: idOf(subscription.customer) ?? '', status, stripeStatus: subscription.status,
    cancelAtPeriodEnd: subscription.cancel_at_period_end, cancelAt: timeOf(subscription.cancel_at), canceledAt: timeOf(subscription.canceled_at), endedAt: timeOf(subscription.ended_at),
    trialStart: timeOf(subscription.trial_start), trialEnd: timeOf(subscription.trial_end), pastDueSince: pastDueSince(subscription, status), livemode: subscription.livemode,
  };
}

/** The period stands on the item that sells the plan; a subscription of ours has one. */
function itemOf(subscription: StripeSubscription): Pick<MirroredSubscription, 'stripeSubscriptionItemId' | 'stripeOverageItemId' | 'quantity' | 'currentPeriodStart' | 'currentPeriodEnd'> {
  const { plan: item, overage } = itemsOf(subscription);
  const { start_date } = subscription;
  const stripeOverageItemId = overage?.id ?? null;
  if (!item) return { stripeSubscriptionItemId: null, stripeOverageItemId, quantity: 1, currentPeriodStart: new Date(start_date * 1_000), currentPeriodEnd: new Date((start_date + 1) * 1_000) };
  return { stripeSubscriptionItemId: item.id, stripeOverageItemId, quantity: item.quantity ?? 1, currentPeriodStart: new Date(item.current_period_start * 1_000), currentPeriodEnd: new Date(item.current_period_end * 1_000) };
}

function userIn(subscription: StripeSubscription): string | null {
  const id = subscription.metadata['user_id'];
  return id !== undefined && /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/.test(id) ? id : null;
}

/** Since the invoice that is not paid was asked for; the same whichever event brings it. */
function pastDueSince(subscription: StripeSubscription, status: Subscription['status']): Date | null {
  if (status !== 'past_due' && status !== 'unpaid') return null;
  const invoice = expanded(subscription.latest_invoice);
  return timeOf(invoice?.status_transitions.finalized_at ?? itemsOf(subscription).plan?.current_period_start ?? subscription.created);
}

const SHOWN = ['status', 'planId', 'pendingPlanId', 'cancelAtPeriodEnd', 'cancelAt', 'currentPeriodEnd', 'trialEnd', 'pastDueSince'] as const;

function changesOf(before: SubscriptionRow | null, after: MirroredSubscription): Record<string, unknown> {
  const word = (value: unknown): unknown => (value instanceof Date ? value.toISOString() : (value ?? null));
  return Object.fromEntries(SHOWN.filter((field) => word(before?.[field]) !== word(after[field])).map((field) => [field, word(after[field])]));
}
