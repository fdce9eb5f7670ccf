import { UnitOfWork } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { StripeMeter } from '../payments/stripe-meter';
import { idOf, type StripePrice } from '../payments/stripe-objects';
import { type Sellable, StripeCheckout } from '../payments/stripe-checkout';
import { type PackageRow, PlanCatalogStore, type PlanRow } from './plan-catalog.store';

/** Between our price list and Stripe's prices. */
@Injectable()
export class PriceDesk {
  constructor(
    private readonly checkout: StripeCheckout,
    private readonly meter: StripeMeter,
    private readonly catalog: PlanCatalogStore,
    private readonly work: UnitOfWork,
  ) {}

  priceOfPlan(plan: PlanRow): Promise<string> {
    return this.priceFor({ id: plan.id, kind: 'plan', displayName: plan.displayName, amountMinor: plan.priceMinor, currency: plan.currency, interval: plan.billingInterval }, plan.stripePriceId);
  }

  priceOfPackage(pack: PackageRow): Promise<string> {
    return this.priceFor({ id: pack.id, kind: 'package', displayName: pack.displayName, amountMinor: pack.priceMinor, currency: pack.currency, interval: null }, pack.stripePriceId);
  }

  /** What a plan's overage is charged by; null: the plan sells none. */
  async overagePriceOf(plan: PlanRow): Promise<string | null> {
    const { id, displayName, currency, billingInterval: interval, overagePriceMinor: priceMinor, stripeOveragePriceId: present } = plan;
    if (priceMinor === null) return null;
    const price = present === null ? null : await this.checkout.findPrice(present);
    if (price && isPriceOf(price, { amountMinor: BigInt(priceMinor), currency, interval })) return price.id;
    const made = await this.meter.createPrice({ id, displayName, priceMinor, currency, interval });
    await this.work.run((tx) => this.catalog.keepOveragePrice(tx, id, { before: present, id: made.id }));
    return made.id;
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

function isPriceOf(price: StripePrice, item: Pick<Sellable, 'amountMinor' | 'currency' | 'interval'>): boolean {
  return price.active && price.unit_amount === Number(item.amountMinor) && price.currency === item.currency && (price.recurring?.interval ?? null) === item.interval;
}
