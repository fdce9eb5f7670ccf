import type { ClaimedWebhook, WebhookSourceName } from '@app/domain';

/** How a delivery ended. `ignored`: it says nothing to us; the note, if any, says why. */
export interface DeliveryOutcome {
  readonly status: 'processed' | 'ignored';
  readonly note?: string;
}

export const PROCESSED: DeliveryOutcome = { status: 'processed' };

export function ignored(note?: string): DeliveryOutcome {
  return { status: 'ignored', note };
}

/**
 * What one sender's deliveries do here. A delivery may come twice, late, and before the one it builds on: each effect stands the repeat, and
 * writes only what is newer than what is there.
 */
export abstract class WebhookSource {
  abstract readonly source: WebhookSourceName;

  /** Applies one delivery. An error means: try again later. */
  abstract apply(delivery: ClaimedWebhook): Promise<DeliveryOutcome>;
}

/** Every sender whose deliveries are worked on. */
export class WebhookSources {
  private readonly bySource: ReadonlyMap<WebhookSourceName, WebhookSource>;

  constructor(sources: readonly WebhookSource[]) {
    this.bySource = new Map(sources.map((one) => [one.source, one]));
  }

  of(source: WebhookSourceName): WebhookSource | null {
    return this.bySource.get(source) ?? null;
  }
}
