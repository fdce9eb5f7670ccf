import { randomBytes } from 'node:crypto';
import type Stripe from 'stripe';
import { event } from './shapes/payments';

/** One request and what became of it. */
export interface JournalEntry {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly idempotencyKey: string | null;
  readonly params: unknown;
}

/** A misfortune for the next matching calls. */
export interface Fault {
  /** The path begins so; left out: every call. */
  readonly path?: string;
  readonly method?: string;
  /** How many calls; 1 when left out. */
  readonly times?: number;
  readonly status?: number;
  readonly delayMs?: number;
  /** Hang up without an answer, before the work or, `after`, when it is done. */
  readonly cut?: 'before' | 'after';
}

export interface Stored {
  readonly path: string;
  readonly text: string;
  readonly status: number;
  readonly body: unknown;
}

type Any = { readonly id: string; readonly object: string };

/** Everything that the peer remembers. */
export class StripeState {
  readonly secretKey = `sk_test_${'51Peer0000000000000000'}`;
  readonly webhookSecret = `whsec_${'peer0000000000000000000000000000'}`;
  readonly customers = new Map<string, Stripe.Customer>();
  readonly prices = new Map<string, Stripe.Price>();
  readonly sessions = new Map<string, Stripe.Checkout.Session>();
  readonly subscriptions = new Map<string, Stripe.Subscription>();
  readonly schedules = new Map<string, Stripe.SubscriptionSchedule>();
  readonly invoices = new Map<string, Stripe.Invoice>();
  readonly invoicePayments = new Map<string, Stripe.InvoicePayment>();
  readonly intents = new Map<string, Stripe.PaymentIntent>();
  readonly charges = new Map<string, Stripe.Charge>();
  readonly refunds = new Map<string, Stripe.Refund>();
  readonly disputes = new Map<string, Stripe.Dispute>();
  readonly events = new Map<string, Stripe.Event>();
  readonly meters = new Map<string, Stripe.Billing.Meter>();
  readonly meterEvents: Stripe.Billing.MeterEvent[] = [];
  /** What a checkout is for, until it is paid. */
  readonly wishes = new Map<string, { price: string; trialDays: number; metadata: Record<string, string> }>();
  /** Customers whose card is refused. */
  readonly declining = new Set<string>();
  readonly journal: JournalEntry[] = [];
  /** What is wrong with requests, and with the peer itself. */
  readonly violations: string[] = [];
  readonly answers = new Map<string, Stored>();
  url = '';
  onEvent: (event: Stripe.Event) => void = () => undefined;
  #faults: { fault: Fault; left: number }[] = [];
  #made = 0;
  #ahead = 0;

  /** Seconds, by the clock that tests move. */
  now(): number {
    return Math.floor(Date.now() / 1_000) + this.#ahead;
  }

  /** Moves the clock on to a time; never back. */
  setClock(seconds: number): void {
    this.#ahead = Math.max(this.#ahead, seconds - Math.floor(Date.now() / 1_000));
  }

  /** In the form of Stripe's ids; they sort in the order they were made. */
  id(prefix: string): string {
    this.#made += 1;
    return `${prefix}_1Peer${this.#made.toString(36).padStart(6, '0')}${randomBytes(5).toString('hex')}`;
  }

  /** Something happened: an event, with the object as it is now. */
  emit(type: Stripe.Event.Type, object: Any): void {
    const happened = event({ id: this.id('evt'), created: this.now(), type, object: bare(object) });
    this.events.set(happened.id, happened);
    this.onEvent(happened);
  }

  /** Any object by its id. */
  find(id: string): Any | undefined {
    const maps: ReadonlyMap<string, Any>[] = [this.customers, this.prices, this.sessions, this.subscriptions, this.schedules, this.invoices, this.invoicePayments, this.intents, this.charges, this.refunds, this.disputes, this.meters];
    return maps.map((map) => map.get(id)).find((found) => found !== undefined);
  }

  addFault(fault: Fault): void {
    this.#faults.push({ fault, left: fault.times ?? 1 });
  }

  /** The first waiting fault that fits, used up by one. */
  takeFault(method: string, path: string): Fault | null {
    const found = this.#faults.find(({ fault }) => path.startsWith(fault.path ?? '') && (fault.method ?? method) === method);
    if (!found) return null;
    found.left -= 1;
    if (found.left <= 0) this.#faults = this.#faults.filter((other) => other !== found);
    return found.fault;
  }

  clearFaults(): void {
    this.#faults = [];
  }
}

/** A copy without what Stripe only shows when asked to expand it. */
export function bare<Shape extends Any>(object: Shape): Shape {
  const copy = structuredClone(object) as Shape & { payments?: unknown };
  if (copy.object === 'invoice') delete copy.payments;
  return copy;
}
