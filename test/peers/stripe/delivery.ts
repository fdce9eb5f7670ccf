// Webhooks out: at least once, and, when told so, several times and in any order.
import Stripe from 'stripe';
import type { StripeState } from './stripe-state';

export interface WebhookTarget {
  readonly url: string;
  /** Each event goes out so many times; 1 when left out. */
  readonly copies?: number;
  /** Instead: each event a random number of times, from 1 to so many. */
  readonly mostCopies?: number;
  /** So many events are held back and then sent in a random order; 0: as they happen. */
  readonly shuffle?: number;
}

const PAUSES_MS = [100, 300, 1_000, 3_000, 10_000];

/** Sends events to one endpoint, and again until it answers 2xx. */
export class Deliveries {
  #target: WebhookTarget | null = null;
  #held: Stripe.Event[] = [];
  #stopped = false;
  readonly #running = new Set<Promise<void>>();

  constructor(private readonly state: StripeState) {}

  aim(target: WebhookTarget | null): void {
    this.#target = target;
  }

  take(event: Stripe.Event): void {
    if (!this.#target) return;
    this.#held.push(event);
    if (this.#held.length > (this.#target.shuffle ?? 0)) this.flush();
  }

  /** Sends what was held back. */
  flush(): void {
    const events = this.#held.flatMap((event) => Array.from({ length: this.copies() }, () => event));
    this.#held = [];
    if ((this.#target?.shuffle ?? 0) > 0) events.sort(() => Math.random() - 0.5);
    for (const event of events) {
      const sending = this.send(event).finally(() => this.#running.delete(sending));
      this.#running.add(sending);
    }
  }

  private copies(): number {
    const { copies = 1, mostCopies } = this.#target ?? {};
    return mostCopies === undefined ? copies : 1 + Math.floor(Math.random() * mostCopies);
  }

  /** Until everything that was sent was taken. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  stop(): void {
    this.#stopped = true;
  }

  private async send(event: Stripe.Event): Promise<void> {
    const target = this.#target;
    for (let attempt = 0; target && !this.#stopped && attempt <= PAUSES_MS.length; attempt += 1) {
      const { headers, body } = signed(this.state, event);
      const answer = await fetch(target.url, { method: 'POST', headers, body }).catch(() => null);
      if (answer?.ok === true) return;
      const pause = PAUSES_MS[attempt];
      if (pause !== undefined) await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}

/** An event as Stripe posts it, signed now or at another time, with the endpoint's secret or another. */
export function signed(state: StripeState, event: Stripe.Event, { at = Date.now(), secret = state.webhookSecret }: { at?: number; secret?: string } = {}): { headers: Record<string, string>; body: string } {
  const body = JSON.stringify(event, null, 2);
  const signature = Stripe.webhooks.generateTestHeaderString({ payload: body, secret, timestamp: Math.floor(at / 1_000) });
  return { headers: { 'content-type': 'application/json; charset=utf-8', 'stripe-signature': signature, 'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)' }, body };
}
