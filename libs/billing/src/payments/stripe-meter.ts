import { Injectable } from '@nestjs/common';
import type Stripe from 'stripe';
import { StripeClient } from './stripe-client';
import type { StripePrice } from './stripe-objects';
import { isKnownIdentifier } from './stripe.errors';

/** What usage beyond the included credits is told as. */
export const OVERAGE_METER = 'async_coder_credits';

/** Usage as it is told: once under its identifier, whatever number of times it is said. */
export interface MeteredUsage {
  readonly identifier: string;
  readonly customerId: string;
  readonly credits: number;
  readonly at: Date;
}

const MINUTE_S = 60;

/** Stripe's meter of credits, and prices by it. */
@Injectable()
export class StripeMeter {
  private meterId: Promise<string> | null = null;

  constructor(private readonly stripe: StripeClient) {}

  get isConfigured(): boolean {
    return this.stripe.isConfigured;
  }

  async createPrice(plan: { id: string; displayName: string; priceMinor: number; currency: string; interval: 'month' | 'year' }): Promise<StripePrice> {
    const { id, displayName, priceMinor, currency, interval } = plan;
    const params: Stripe.PriceCreateParams = {
      currency, unit_amount: priceMinor, product_data: { name: `${displayName}: credits beyond the plan` }, metadata: { overage_plan_id: id },
      recurring: { interval, usage_type: 'metered', meter: await this.meter() },
    };
    return this.stripe.ask('price', (api) => api.prices.create(params, { idempotencyKey: `overage-price-${id}-${priceMinor}-${currency}-${interval}` }));
  }

  /** Stripe keeps identifiers for a day at least: after that ask `told` first. */
  async tell({ identifier, customerId, credits, at }: MeteredUsage): Promise<void> {
    await this.meter();
    const params: Stripe.Billing.MeterEventCreateParams = { event_name: OVERAGE_METER, identifier, timestamp: seconds(at), payload: { stripe_customer_id: customerId, value: String(credits) } };
    await this.stripe.ask<{ readonly object: 'billing.meter_event' }>('billing.meter_event', async (api) => {
      try {
        return await api.billing.meterEvents.create(params, { idempotencyKey: identifier });
      } catch (error) {
        if (isKnownIdentifier(error)) return { object: 'billing.meter_event' };
        throw error;
      }
    });
  }

  /** Credits that the meter has of a customer, from the minute of one time to the end of the minute of another. */
  async told(customerId: string, from: Date, to: Date): Promise<number> {
    const range = { start_time: minute(from), end_time: minute(to) + MINUTE_S };
    const meterId = await this.meter();
    const summaries = await this.stripe.all('billing.meter_event_summary', 1_000, (api) => api.billing.meters.listEventSummaries(meterId, { customer: customerId, ...range, limit: 100 }));
    return summaries.reduce((sum, one) => sum + one.aggregated_value, 0);
  }

  /** The meter by its name; made when there is none. */
  private meter(): Promise<string> {
    this.meterId ??= this.findOrMake().catch((error: unknown) => {
      this.meterId = null;
      throw error;
    });
    return this.meterId;
  }

  private async findOrMake(): Promise<string> {
    const meters = await this.stripe.all('billing.meter', 1_000, (api) => api.billing.meters.list({ status: 'active', limit: 100 }));
    const known = meters.find(({ event_name }) => event_name === OVERAGE_METER);
    if (known) return known.id;
    const params: Stripe.Billing.MeterCreateParams = { display_name: 'Credits beyond the plan', event_name: OVERAGE_METER, default_aggregation: { formula: 'sum' } };
    return (await this.stripe.ask<Stripe.Billing.Meter>('billing.meter', (api) => api.billing.meters.create(params, { idempotencyKey: `meter-${OVERAGE_METER}` }))).id;
  }
}

function seconds(at: Date): number {
  return Math.floor(at.getTime() / 1_000);
}

function minute(at: Date): number {
  return Math.floor(seconds(at) / MINUTE_S) * MINUTE_S;
}
