import type { InvoiceRow, LiveSubscription, PurchaseRow } from '@app/billing';
import { creditsFromMicros } from '@app/common';
import { ApiProperty } from '@nestjs/swagger';
import { MoneyResponse } from './plan.response';

const STATUSES = ['incomplete', 'incomplete_expired', 'trialing', 'active', 'past_due', 'canceled', 'unpaid', 'paused', 'unknown'] as const;
const INVOICE_STATUSES = ['draft', 'open', 'paid', 'uncollectible', 'void', 'unknown'] as const;
const PURCHASE_STATUSES = ['pending', 'completed', 'failed', 'expired', 'partially_refunded', 'refunded', 'disputed'] as const;

export class UsedResponse {
  @ApiProperty({ example: 3 }) used!: number;
  @ApiProperty({ type: Number, nullable: true, example: 25, description: 'null: unlimited' }) limit!: number | null;
}

export class SubscriptionUsageResponse {
  @ApiProperty({ type: UsedResponse, description: 'Used in this period, of what the plan includes.' }) credits!: UsedResponse;
  @ApiProperty({ type: UsedResponse }) tasksToday!: UsedResponse;
  @ApiProperty({ type: UsedResponse }) repositories!: UsedResponse;
  @ApiProperty({ type: UsedResponse }) members!: UsedResponse;
  @ApiProperty({ type: UsedResponse, nullable: true, description: 'Used or reserved beyond the credits in this period, of what was allowed; null: none are allowed.' }) overageCredits!: UsedResponse | null;
}

export class SubscriptionResponse {
  @ApiProperty({ example: 'pro' }) plan!: string;
  @ApiProperty({ enum: STATUSES }) status!: LiveSubscription['status'];
  @ApiProperty({ type: String, nullable: true, format: 'date-time' }) currentPeriodStart!: string | null;
  @ApiProperty({ type: String, nullable: true, format: 'date-time' }) currentPeriodEnd!: string | null;
  @ApiProperty() cancelAtPeriodEnd!: boolean;
  @ApiProperty({ type: String, nullable: true, format: 'date-time' }) trialEnd!: string | null;
  @ApiProperty({ type: String, nullable: true, format: 'date-time', description: 'Since when a payment is missing; after 7 days only the free plan is left.' }) pastDueSince!: string | null;
  @ApiProperty({ type: String, nullable: true, description: 'The plan that the next period begins with.' }) pendingPlan!: string | null;
  @ApiProperty({ type: SubscriptionUsageResponse }) usage!: SubscriptionUsageResponse;

  static from(live: LiveSubscription | null, plan: { plan: string }, usage: SubscriptionUsageResponse): SubscriptionResponse {
    if (!live) return { plan: plan.plan, status: 'active', currentPeriodStart: null, currentPeriodEnd: null, cancelAtPeriodEnd: false, trialEnd: null, pastDueSince: null, pendingPlan: null, usage };
    const { plan: name, status, cancelAtPeriodEnd, pendingPlan } = live;
    return {
      plan: name, status, currentPeriodStart: live.currentPeriodStart.toISOString(), currentPeriodEnd: live.currentPeriodEnd.toISOString(), cancelAtPeriodEnd, trialEnd: live.trialEnd?.toISOString() ?? null,
      pastDueSince: live.pastDueSince?.toISOString() ?? null, pendingPlan, usage,
    };
  }
}

export class PreviewLineResponse {
  @ApiProperty({ type: String, nullable: true, example: 'Remaining time on Enterprise' }) description!: string | null;
  @ApiProperty({ type: MoneyResponse }) amount!: MoneyResponse;
  @ApiProperty({ description: 'Of the rest of a period.' }) isProration!: boolean;
  @ApiProperty({ format: 'date-time' }) periodStart!: string;
  @ApiProperty({ format: 'date-time' }) periodEnd!: string;
}

export class ChangePreviewResponse {
  @ApiProperty({ type: MoneyResponse }) amountDue!: MoneyResponse;
  @ApiProperty({ type: [PreviewLineResponse] }) lines!: PreviewLineResponse[];
}

export class SubscriptionChangeResponse {
  @ApiProperty({ type: SubscriptionResponse, nullable: true, description: 'null: it was only a preview' }) subscription!: SubscriptionResponse | null;
  @ApiProperty({ type: ChangePreviewResponse, nullable: true, description: 'null: it was changed' }) preview!: ChangePreviewResponse | null;
}

export class CheckoutResponse {
  @ApiProperty({ example: 'https://checkout.stripe.com/c/pay/cs_test_a1', description: 'The page to pay on.' }) url!: string;
  @ApiProperty({ example: 'cs_test_a1' }) sessionId!: string;
  @ApiProperty({ format: 'date-time' }) expiresAt!: string;
}

export class PurchaseStartedResponse {
  @ApiProperty({ example: 'https://checkout.stripe.com/c/pay/cs_test_a1', description: 'The page to pay on.' }) url!: string;
  @ApiProperty({ format: 'uuid' }) purchaseId!: string;
}

export class PortalResponse {
  @ApiProperty({ example: 'https://billing.stripe.com/p/session/bps_a1' }) url!: string;
}

export class InvoiceResponse {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty({ type: String, nullable: true, example: 'ACME-0001' }) number!: string | null;
  @ApiProperty({ enum: INVOICE_STATUSES }) status!: InvoiceRow['status'];
  @ApiProperty({ type: String, nullable: true, example: 'subscription_cycle' }) billingReason!: string | null;
  @ApiProperty({ type: MoneyResponse }) total!: MoneyResponse;
  @ApiProperty({ type: MoneyResponse }) tax!: MoneyResponse;
  @ApiProperty({ type: MoneyResponse }) amountDue!: MoneyResponse;
  @ApiProperty({ type: MoneyResponse }) amountPaid!: MoneyResponse;
  @ApiProperty({ example: 'usd' }) currency!: string;
  @ApiProperty({ type: String, nullable: true, format: 'date-time' }) periodStart!: string | null;
  @ApiProperty({ type: String, nullable: true, format: 'date-time' }) periodEnd!: string | null;
  @ApiProperty({ type: String, nullable: true, format: 'date-time' }) paidAt!: string | null;
  @ApiProperty({ type: String, nullable: true, example: 'https://invoice.stripe.com/i/in_a1' }) hostedInvoiceUrl!: string | null;
  @ApiProperty({ type: String, nullable: true, example: 'https://invoice.stripe.com/i/in_a1/pdf' }) pdfUrl!: string | null;
  @ApiProperty({ format: 'date-time' }) createdAt!: string;

  static from(row: InvoiceRow): InvoiceResponse {
    const money = (amount: bigint): MoneyResponse => ({ amount: Number(amount), currency: row.currency });
    const time = (at: Date | null): string | null => at?.toISOString() ?? null;
    return {
      id: row.id, number: row.number, status: row.status, billingReason: row.billingReason, total: money(row.totalMinor), tax: money(row.taxMinor), amountDue: money(row.amountDueMinor), amountPaid: money(row.amountPaidMinor),
      currency: row.currency, periodStart: time(row.periodStart), periodEnd: time(row.periodEnd), paidAt: time(row.paidAt), hostedInvoiceUrl: row.hostedInvoiceUrl, pdfUrl: row.invoicePdf, createdAt: row.createdAt.toISOString(),
    };
  }
}

export class PurchaseResponse {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty({ format: 'uuid' }) packageId!: string;
  @ApiProperty({ example: 'Developer' }) packageName!: string;
  @ApiProperty({ enum: PURCHASE_STATUSES }) status!: PurchaseRow['status'];
  @ApiProperty({ type: MoneyResponse }) amount!: MoneyResponse;
  @ApiProperty({ type: MoneyResponse }) amountRefunded!: MoneyResponse;
  @ApiProperty() credits!: number;
  @ApiProperty({ type: 'integer' }) creditsMicros!: number;
  @ApiProperty({ description: 'Taken back by refunds and disputes, or frozen.' }) creditsRevoked!: number;
  @ApiProperty({ type: 'integer' }) creditsRevokedMicros!: number;
  @ApiProperty({ type: String, nullable: true, example: 'card_declined' }) failureCode!: string | null;
  @ApiProperty({ type: String, nullable: true, format: 'date-time' }) completedAt!: string | null;
  @ApiProperty({ type: String, nullable: true, format: 'date-time', description: 'When its credits expire; null: never.' }) expiresAt!: string | null;
  @ApiProperty({ format: 'date-time' }) createdAt!: string;

  static from(row: PurchaseRow): PurchaseResponse {
    const money = (amount: bigint): MoneyResponse => ({ amount: Number(amount), currency: row.currency });
    return {
      id: row.id, packageId: row.packageId, packageName: row.packageName, status: row.status, amount: money(row.amountMinor), amountRefunded: money(row.amountRefundedMinor),
      credits: creditsFromMicros(row.creditsMicro), creditsMicros: Number(row.creditsMicro), creditsRevoked: creditsFromMicros(row.creditsRevokedMicro), creditsRevokedMicros: Number(row.creditsRevokedMicro),
      failureCode: row.failureCode, completedAt: row.completedAt?.toISOString() ?? null, expiresAt: row.expiresAt?.toISOString() ?? null, createdAt: row.createdAt.toISOString(),
    };
  }
}
