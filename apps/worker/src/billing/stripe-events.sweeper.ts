import { StripeRecords } from '@app/billing';
import { Clock } from '@app/common';
import { UnitOfWork, WebhookInboxStore } from '@app/domain';
import { JobProducer } from '@app/messaging';
import { Injectable } from '@nestjs/common';
import { Sweeper } from '../maintenance/sweeper';

const MINUTE_MS = 60_000;
/** A process that begins looks back so far: as long as Stripe itself tries to deliver. */
const FIRST_LOOK_MS = 3 * 24 * 60 * MINUTE_MS;
/** What is younger may still be on its way. */
const OVERLAP_MS = 60 * MINUTE_MS;
const MOST = 5_000;

/** Events that were never delivered, asked for at Stripe: they go into the same inbox, where one that came all the same is known by its id. */
@Injectable()
export class StripeEventsSweeper extends Sweeper {
  readonly name = 'stripe-events';
  readonly everyMs = 10 * MINUTE_MS;
  private since: Date | null = null;

  constructor(
    private readonly stripe: StripeRecords,
    private readonly inbox: WebhookInboxStore,
    private readonly work: UnitOfWork,
    private readonly jobs: JobProducer,
    private readonly clock: Clock,
  ) {
    super();
  }

  async run(): Promise<number> {
    if (!this.stripe.isConfigured) return 0;
    const now = this.clock.now();
    const events = await this.stripe.events(this.since ?? new Date(now.getTime() - FIRST_LOOK_MS), MOST);
    const known = await this.inbox.known(this.work.reader, 'stripe', events.map(({ id }) => id));
    const missed = events.filter(({ id }) => !known.has(id)).reverse();
    for (const event of missed) {
      const { id: subjectId } = event.data.object as { id?: string };
      const rawBody = Buffer.from(JSON.stringify(event));
      const { id } = await this.work.run((tx) =>
        this.inbox.receive(tx, { source: 'stripe', deliveryId: event.id, eventType: event.type, subjectId: subjectId ?? null, occurredAt: new Date(event.created * 1_000), apiVersion: event.api_version, livemode: event.livemode, rawBody }),
      );
      if (id !== null) await this.jobs.enqueue('webhook-delivery', { deliveryId: id });
    }
    this.since = new Date(now.getTime() - OVERLAP_MS);
    return missed.length;
  }
}
