import { BillingWork, Entitlements, overageTerms, StripeCheckout, SUBSCRIPTION_EXISTS, SubscriptionStore } from '@app/billing';
import { AppError, creditsFromMicros, invalidField, newId, sha256 } from '@app/common';
import { recordAudit } from '@app/domain';
import { readCredits } from '@app/submission';
import { Injectable } from '@nestjs/common';
import type { Principal } from '../auth/principal';
import type { IdempotentCall } from '../http/idempotency/idempotent-call';
import { BillingAccounts } from './billing-accounts';
import type { CancelSubscriptionDto, ChangeSubscriptionDto, CheckoutDto, OverageDto } from './dto/subscription.dto';
import { SubscriptionChanges } from './subscription-changes';
import { type ChangePreviewResponse, type CheckoutResponse, SubscriptionResponse } from './dto/subscription.response';

/** What an organization's plan is, and how it becomes another. */
@Injectable()
export class SubscriptionsService {
  constructor(
    private readonly rows: SubscriptionStore,
    private readonly entitlements: Entitlements,
    private readonly accounts: BillingAccounts,
    private readonly checkouts: StripeCheckout,
    private readonly changes: SubscriptionChanges,
    private readonly work: BillingWork,
  ) {}

  async show({ organizationId }: Principal): Promise<SubscriptionResponse> {
    const live = await this.rows.live(this.work.reader, organizationId);
    const plan = await this.entitlements.forOrganization(this.work.reader, organizationId);
    const overage = await overageTerms(this.work.reader, organizationId);
    const used = await this.rows.used(this.work.reader, organizationId, live?.currentPeriodStart ?? null);
    return SubscriptionResponse.from(live, plan, {
      credits: { used: creditsFromMicros(used.creditsMicro), limit: creditsFromMicros(plan.creditsIncludedMicro) },
      tasksToday: { used: used.tasksToday, limit: plan.maxTasksPerDay },
      repositories: { used: used.repositories, limit: plan.maxRepositories },
      members: { used: used.members, limit: plan.maxMembers },
      overageCredits: overage && { used: creditsFromMicros(overage.lentMicro), limit: creditsFromMicros(overage.limitMicro) },
    });
  }

  /** A page of Stripe's on which a plan is paid. A trial is for organizations that never had a paid plan. @throws {AppError} subscription_exists */
  async checkout({ organizationId, userId }: Principal, dto: CheckoutDto, call: IdempotentCall | null): Promise<CheckoutResponse> {
    const live = await this.rows.live(this.work.reader, organizationId);
    if (live?.stripeSubscriptionId) throw new AppError(SUBSCRIPTION_EXISTS, 'There is a subscription; change it with POST /billing/subscription/change.');
    const plan = await this.accounts.planOnSale(dto.plan, dto.interval);
    const customerId = await this.accounts.customerOf(organizationId);
    const trialDays = (await this.rows.hadOne(this.work.reader, organizationId)) ? 0 : plan.trialDays;
    const { successUrl, cancelUrl } = dto;
    const idempotencyKey = call === null ? `checkout-${newId()}` : `checkout-${sha256(`${call.scope}:${organizationId}:${call.key}`).toString('hex')}`;
    const session = await this.checkouts.openForPlan({ customerId, organizationId, userId, plan: plan.name, priceId: plan.priceId, trialDays, successUrl, cancelUrl, idempotencyKey });
    const answer = { url: session.url ?? '', sessionId: session.id, expiresAt: new Date(session.expires_at * 1_000).toISOString() };
    await this.work.inTurn(organizationId, async (tx) => {
      await recordAudit(tx, { organizationId, action: 'subscription.checkout_opened', targetType: 'organization', targetId: organizationId, changes: { plan: plan.name } });
      await call?.complete(tx, { status: 201, body: answer });
    });
    return answer;
  }

  async preview({ organizationId }: Principal, { plan }: ChangeSubscriptionDto): Promise<ChangePreviewResponse> {
    const live = await this.changes.paid(organizationId);
    const { priceId } = await this.accounts.planOnSale(plan);
    return this.changes.preview(live, priceId);
  }

  /** @throws {AppError} payment_required, validation_failed */
  async change(principal: Principal, { plan: name, when }: ChangeSubscriptionDto): Promise<SubscriptionResponse> {
    const live = await this.changes.paid(principal.organizationId);
    const plan = await this.accounts.planOnSale(name);
    const prices = { priceId: plan.priceId, overagePriceId: live.stripeOverageItemId === null ? null : await this.accounts.overagePriceOf(plan) };
    if (plan.id === live.planId && live.pendingPlan === null) throw invalidField('/plan', 'same_plan', 'this is the plan already');
    const isBigger = await this.changes.isBigger(live, plan);
    if (when === 'now' && !isBigger) throw invalidField('/when', 'not_now', 'a smaller plan begins when the period ends: send period_end');
    await this.changes.apply(principal.organizationId, live, (stripe, ref) => (isBigger && when !== 'period_end' ? stripe.changeNow(ref, prices) : stripe.changeAtPeriodEnd(ref, prices)), { action: 'change', plan: plan.name, when });
    return this.show(principal);
  }

  async cancel(principal: Principal, { at = 'period_end' }: CancelSubscriptionDto): Promise<SubscriptionResponse> {
    const live = await this.changes.paid(principal.organizationId);
    if (at === 'now') await this.changes.reportOverage(principal.organizationId, live);
    await this.changes.apply(principal.organizationId, live, (stripe, ref) => (at === 'now' ? stripe.cancelNow(ref) : stripe.cancelAtPeriodEnd(ref)), { action: 'cancel', at });
    return this.show(principal);
  }

  /** @throws {AppError} payment_required, validation_failed */
  async limitOverage(principal: Principal, { maxCredits }: OverageDto): Promise<SubscriptionResponse> {
    const { organizationId } = principal;
    const live = await this.changes.paid(organizationId);
    const limitMicro = maxCredits === null ? null : readCredits(maxCredits);
    const plan = await this.accounts.planOnSale(live.plan);
    const priceId = limitMicro === null ? null : await this.accounts.overagePriceOf(plan);
    if (limitMicro !== null && priceId === null) throw invalidField('/maxCredits', 'no_overage', `the plan ${plan.displayName} sells no credits beyond the included ones`);
    if (priceId !== null) await this.changes.apply(organizationId, live, (stripe, ref) => stripe.sellOverage(ref, priceId), { action: 'sell_overage' });
    await this.work.inTurn(organizationId, async (tx) => {
      await this.rows.limitOverage(tx, organizationId, live.id, limitMicro);
      await recordAudit(tx, { organizationId, action: 'subscription.overage_limited', targetType: 'subscription', targetId: live.id, changes: { limitMicros: limitMicro } });
    });
    return this.show(principal);
  }

  async resume(principal: Principal): Promise<SubscriptionResponse> {
    const live = await this.changes.paid(principal.organizationId);
    await this.changes.apply(principal.organizationId, live, (stripe, ref) => stripe.resume(ref), { action: 'resume' });
    return this.show(principal);
  }
}
