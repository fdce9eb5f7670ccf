import { BillingCustomerStore, PriceDesk, type PlanRow, PlanCatalogStore, StripeCheckout } from '@app/billing';
import { invalidField, notFound } from '@app/common';
import { recordAudit, UnitOfWork } from '@app/domain';
import { Injectable } from '@nestjs/common';

/** An organization as a customer, and what it may buy. */
@Injectable()
export class BillingAccounts {
  constructor(
    private readonly customers: BillingCustomerStore,
    private readonly catalog: PlanCatalogStore,
    private readonly checkout: StripeCheckout,
    private readonly prices: PriceDesk,
    private readonly work: UnitOfWork,
  ) {}

  /** The organization's customer at Stripe, made at its first checkout. */
  async customerOf(organizationId: string): Promise<string> {
    const customer = await this.customers.find(this.work.reader, organizationId);
    if (!customer) throw notFound();
    if (customer.stripeCustomerId !== null) return customer.stripeCustomerId;
    const made = await this.checkout.createCustomer({ id: organizationId, name: customer.name, email: customer.email });
    return this.work.run(async (tx) => {
      await recordAudit(tx, { organizationId, action: 'organization.became_customer', targetType: 'organization', targetId: organizationId });
      return this.customers.link(tx, organizationId, made);
    });
  }

  /** What a plan's credits beyond the included ones are charged by; null: it sells none. */
  overagePriceOf(plan: PlanRow): Promise<string | null> {
    return this.prices.overagePriceOf(plan);
  }

  /** A plan that costs money. @throws {AppError} validation_failed */
  async planOnSale(name: string, interval?: 'month' | 'year'): Promise<PlanRow & { priceId: string }> {
    const plan = await this.catalog.onSale(this.work.reader, name, interval);
    if (!plan) throw invalidField('/plan', 'unknown_plan', 'no such plan is on sale; GET /billing/plans lists them');
    if (plan.priceMinor === 0n) throw invalidField('/plan', 'free_plan', 'the free plan is what is left when a subscription is cancelled');
    return { ...plan, priceId: await this.prices.priceOfPlan(plan) };
  }
}
