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

/** The App's one hook: signed deliveries to the URL that a test set, each tried once. */
export class Webhooks {
  url: string | null = null;
  readonly deliveries: Delivery[] = [];
  readonly #underWay = new Set<Promise<void>>();

  constructor(
    private readonly secret: string,
    private readonly now: () => number,
  ) {}

  send({ event, action, installationId, repositoryId, payload }: WebhookEvent): void {
    if (this.url === null) return;
    this.#start({ guid: randomUUID(), event, action, installationId, repositoryId, text: jsonText(payload), url: this.url, redelivery: false });
  }

  /** The same body under the same GUID. */
  redeliver(delivery: Delivery): void {
    const { guid, event, action, installationId, repositoryId, text } = delivery;
    this.#start({ guid, event, action, installationId, repositoryId, text, url: this.url ?? delivery.url, redelivery: true });
  }

  /** Until all that was sent has been answered or given up. */
  async settle(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  #start(about: Omit<Delivery, 'id' | 'deliveredAt' | 'status' | 'statusCode' | 'durationMs'>): void {
    const delivery: Delivery = { id: 12_000_000 + this.deliveries.length + 1, deliveredAt: new Date(this.now()).toISOString(), status: 'pending', statusCode: 0, durationMs: 0, ...about };
    this.deliveries.push(delivery);
    const sending = this.#post(delivery).finally(() => this.#underWay.delete(sending));
    this.#underWay.add(sending);
  }

  async #post(delivery: Delivery): Promise<void> {
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

  #headers({ event, guid, text, installationId }: Delivery): Record<string, string> {
    return {
      'content-type': 'application/json',
      'user-agent': 'GitHub-Hookshot/0a1b2c3',
      'x-github-event': event,
      'x-github-delivery': guid,
      'x-github-hook-id': String(HOOK_ID),
      'x-github-hook-installation-target-type': 'integration',
      'x-github-hook-installation-target-id': String(installationId ?? 0),
      'x-hub-signature-256': `sha256=${createHmac('sha256', this.secret).update(text).digest('hex')}`,
    };
  }
}
