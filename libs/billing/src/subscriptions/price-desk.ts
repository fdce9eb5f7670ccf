import { UnitOfWork } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { idOf, type StripePrice } from '../payments/stripe-objects';
import { type Sellable, StripeCheckout } from '../payments/stripe-checkout';
import { type PackageRow, PlanCatalogStore, type PlanRow } from './plan-catalog.store';

/** Between our price list and Stripe's prices. */
@Injectable()
export class PriceDesk {
  constructor(
    private readonly checkout: StripeCheckout,
    private readonly catalog: PlanCatalogStore,
    private readonly work: UnitOfWork,
  ) {}

  priceOfPlan(plan: PlanRow): Promise<string> {
    return this.priceFor({ id: plan.id, kind: 'plan', displayName: plan.displayName, amountMinor: plan.priceMinor, currency: plan.currency, interval: plan.billingInterval }, plan.stripePriceId);
  }

  priceOfPackage(pack: PackageRow): Promise<string> {
    return this.priceFor({ id: pack.id, kind: 'package', displayName: pack.displayName, amountMinor: pack.priceMinor, currency: pack.currency, interval: null }, pack.stripePriceId);
  }

  /** The plan that a price of Stripe's sells; asks Stripe only about prices that no row names. Null: it is none of ours. */
  async planOfPrice(price: string | StripePrice): Promise<PlanRow | null> {
    const known = await this.catalog.ofPrice(this.work.reader, idOf(price) ?? '', planIn(price));
    if (known || typeof price !== 'string') return known;
    const found = await this.checkout.findPrice(price);
    return found ? this.catalog.ofPrice(this.work.reader, found.id, planIn(found)) : null;
  }

  /** The row's price where it still is what the row says; else a new one, which the row then names. */
  private async priceFor(item: Sellable, present: string | null): Promise<string> {
    const price = present === null ? null : await this.checkout.findPrice(present);
    if (price && isPriceOf(price, item)) return price.id;
    const made = await this.checkout.createPrice(item);
    await this.work.run((tx) => this.catalog.keepPrice(tx, item, { before: present, id: made.id, productId: idOf(made.product) }));
    return made.id;
  }
}

function planIn(price: string | StripePrice): string | null {
  return typeof price === 'string' ? null : (price.metadata['plan_id'] ?? null);
}

function isPriceOf(price: StripePrice, item: Sellable): boolean {
  return price.active && price.unit_amount === Number(item.amountMinor) && price.currency === item.currency && (price.recurring?.interval ?? null) === item.interval;
}
