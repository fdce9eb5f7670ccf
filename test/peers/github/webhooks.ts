import { createHmac, randomUUID } from 'node:crypto';
import { jsonText } from './http/json';

const HOOK_ID = 480_000_001;
/** GitHub calls a delivery failed after this time, and does not try again. */
const PATIENCE_MS = 10_000;

export interface Delivery {
  readonly id: number;
  readonly guid: string;
  readonly event: string;
  readonly action: string | null;
  readonly deliveredAt: string;
  readonly redelivery: boolean;
  readonly installationId: number | null;
  readonly repositoryId: number | null;
  readonly text: string;
  readonly url: string;
  statusCode: number;
  status: string;
  durationMs: number;
}

export interface WebhookEvent {
  readonly event: string;
  readonly action: string | null;
  readonly installationId: number | null;
  readonly repositoryId: number | null;
  readonly payload: unknown;
}

/** What may go wrong on the way, all of it at random but for `isHeld`. */
export interface WebhookTrouble {
  /** Part of the deliveries that never arrive, 0 to 1. */
  readonly dropped?: number;
  /** Part of them that arrive twice. */
  readonly doubled?: number;
  /** They wait for `release`. */
  readonly isHeld?: boolean;
}

/** The App's one hook: signed deliveries to the URL that a test set, each tried once. */
export class Webhooks {
  url: string | null = null;
  readonly deliveries: Delivery[] = [];
  readonly #underWay = new Set<Promise<void>>();
  #held: Delivery[] = [];
  #trouble: WebhookTrouble = {};

  constructor(
    private readonly secret: string,
    private readonly now: () => number,
    /** Integration that the hook belongs to. */
    private readonly appId = 0,
  ) {}

  send({ event, action, installationId, repositoryId, payload }: WebhookEvent): void {
    if (this.url === null) return;
    this.#start({ guid: randomUUID(), event, action, installationId, repositoryId, text: jsonText(payload), url: this.url, redelivery: false });
  }

  /** Tells of an event by its payload alone. */
  emit(event: string, action: string | null, payload: Readonly<Record<string, unknown>>): void {
    this.send({ event, action, installationId: idIn(payload.installation), repositoryId: idIn(payload.repository), payload: action === null ? payload : { action, ...payload } });
  }

  /** The same body under the same GUID. Whatever is in the way of first deliveries is not in the way of this one. */
  redeliver(delivery: Delivery): void {
    const { guid, event, action, installationId, repositoryId, text } = delivery;
    this.#start({ guid, event, action, installationId, repositoryId, text, url: this.url ?? delivery.url, redelivery: true });
  }

  /** From now on; `{}` ends it. What is held stays held until it is released. */
  trouble(trouble: WebhookTrouble): void {
    this.#trouble = trouble;
  }

  /** Lets go what was held, in the order it was sent in, or in another. */
  release({ isShuffled = false }: { readonly isShuffled?: boolean } = {}): void {
    const held = isShuffled ? this.#held.map((one) => [Math.random(), one] as const).sort(([a], [b]) => a - b).map(([, one]) => one) : this.#held;
    this.#held = [];
    for (const delivery of held) this.#arrive(delivery);
  }

  /** Until all that was sent has been answered or given up. What is held is not sent. */
  async settle(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  #start(about: Omit<Delivery, 'id' | 'deliveredAt' | 'status' | 'statusCode' | 'durationMs'>): void {
    const delivery: Delivery = { id: 12_000_000 + this.deliveries.length + 1, deliveredAt: new Date(this.now()).toISOString(), status: 'pending', statusCode: 0, durationMs: 0, ...about };
    this.deliveries.push(delivery);
    if (this.#trouble.isHeld && !delivery.redelivery) this.#held.push(delivery);
    else this.#arrive(delivery);
  }

  #arrive(delivery: Delivery): void {
    const { dropped = 0, doubled = 0 } = delivery.redelivery ? {} : this.#trouble;
    if (Math.random() < dropped) {
      delivery.status = 'failed to connect to host';
      return;
    }
    this.#post(delivery);
    if (Math.random() < doubled) this.#post(delivery);
  }

  #post(delivery: Delivery): void {
    const sending = this.#send(delivery).finally(() => this.#underWay.delete(sending));
    this.#underWay.add(sending);
  }

  async #send(delivery: Delivery): Promise<void> {
    const began = Date.now();
    try {
      const response = await fetch(delivery.url, { method: 'POST', headers: this.#headers(delivery), body: delivery.text, signal: AbortSignal.timeout(PATIENCE_MS), redirect: 'manual' });
      await response.arrayBuffer();
      delivery.statusCode = response.status;
      delivery.status = response.ok ? 'OK' : response.statusText || 'Invalid HTTP Response';
    } catch (error) {
      delivery.status = (error as Error).name === 'TimeoutError' ? 'timed out' : 'failed to connect to host';
    }
    delivery.durationMs = Date.now() - began;
  }

  #headers({ event, guid, text }: Delivery): Record<string, string> {
    const hmac = (algorithm: string): string => `${algorithm}=${createHmac(algorithm, this.secret).update(text).digest('hex')}`;
    return {
      accept: '*/*',
      'content-type': 'application/json',
      'user-agent': 'GitHub-Hookshot/0a1b2c3',
      'x-github-event': event,
      'x-github-delivery': guid,
      'x-github-hook-id': String(HOOK_ID),
      'x-github-hook-installation-target-type': 'integration',
      'x-github-hook-installation-target-id': String(this.appId),
      'x-hub-signature': hmac('sha1'),
      'x-hub-signature-256': hmac('sha256'),
    };
  }
}

function idIn(about: unknown): number | null {
  const id = (about as { id?: unknown } | undefined)?.id;
  return typeof id === 'number' ? id : null;
}
