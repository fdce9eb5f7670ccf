import type { ClaimedWebhook, WebhookOutcome, WebhookSourceName } from '@app/domain';

export const PROCESSED: WebhookOutcome = { status: 'processed' };

export function ignored(note?: string): WebhookOutcome {
  return { status: 'ignored', ...(note === undefined ? {} : { note }) };
}

/**
 * What one sender's deliveries do here. A delivery may come twice, late, and before the one it builds on: each effect stands the repeat, and
 * writes only what is newer than what is there.
 */
export abstract class WebhookSource {
  abstract readonly source: WebhookSourceName;

  /** Applies one delivery. An error means: try again later. */
  abstract apply(delivery: ClaimedWebhook): Promise<WebhookOutcome>;
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
