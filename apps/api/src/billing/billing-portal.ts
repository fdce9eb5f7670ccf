import { StripeCheckout, SubscriptionStore } from '@app/billing';
import { recordAudit, UnitOfWork } from '@app/domain';
import { Injectable } from '@nestjs/common';
import type { Principal } from '../auth/principal';
import { BillingAccounts } from './billing-accounts';
import type { PortalDto } from './dto/subscription.dto';
import { SubscriptionChanges } from './subscription-changes';

/** Stripe's pages for cards, addresses and invoices. */
@Injectable()
export class BillingPortal {
  constructor(
    private readonly accounts: BillingAccounts,
    private readonly changes: SubscriptionChanges,
    private readonly rows: SubscriptionStore,
    private readonly checkout: StripeCheckout,
    private readonly work: UnitOfWork,
  ) {}

  /** @throws {AppError} payment_required: there is nothing to cancel */
  async open({ organizationId }: Principal, { returnUrl, flow }: PortalDto): Promise<string> {
    if (flow === 'subscription_cancel') await this.changes.paid(organizationId);
    const customerId = await this.accounts.customerOf(organizationId);
    const live = await this.rows.live(this.work.reader, organizationId);
    const url = await this.checkout.openPortal({ customerId, returnUrl, subscriptionId: live?.stripeSubscriptionId ?? null, ...(flow === undefined ? {} : { flow }) });
    await this.work.run((tx) => recordAudit(tx, { organizationId, action: 'billing.portal_opened', targetType: 'organization', targetId: organizationId }));
    return url;
  }
}
