import { AppError, Logger } from '@app/common';
import { type ClaimedWebhook, UnitOfWork, WebhookInboxStore, type WebhookOutcome, withActor } from '@app/domain';
import { metrics } from '@app/telemetry';
import { Injectable } from '@nestjs/common';
import { ignored, WebhookSources } from './webhook-source';

/** Works on one delivery of the inbox: claim, apply, end. The row decides what comes next, never the queue. */
@Injectable()
export class WebhookInbox {
  private readonly logger: Logger;

  constructor(
    private readonly store: WebhookInboxStore,
    private readonly sources: WebhookSources,
    private readonly work: UnitOfWork,
    logger: Logger,
  ) {
    this.logger = logger.named('webhooks');
  }

  async process(deliveryId: string): Promise<void> {
    const delivery = await this.work.run((tx) => this.store.claim(tx, deliveryId));
    if (!delivery) return;
    // Audit rows of what it does name the sender.
    await withActor({ type: 'webhook', id: delivery.source, ipAddress: null, userAgent: null, requestId: null }, () => this.applied(delivery));
  }

  private async applied(delivery: ClaimedWebhook): Promise<void> {
    const { source, eventType, id } = delivery;
    try {
      const outcome = await this.apply(delivery);
      await this.work.run((tx) => this.store.finish(tx, delivery, outcome));
      metrics.webhooksIn.add({ source, outcome: outcome.status });
      this.logger.info('a webhook was worked on', { source, eventType, deliveryId: id, status: outcome.status, note: outcome.note });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const state = await this.work.run((tx) => this.store.fail(tx, delivery, reason));
      metrics.webhooksIn.add({ source, outcome: state ?? 'failed' });
      this.logger[state === 'dead' ? 'error' : 'warn']('a webhook could not be worked on', { source, eventType, deliveryId: id, attempt: delivery.attempts, state, err: error });
    }
  }

  /** A refusal by our own rules stays one, however often it is tried. */
  private async apply(delivery: ClaimedWebhook): Promise<WebhookOutcome> {
    const source = this.sources.of(delivery.source);
    if (!source) return ignored('nothing here works on this sender');
    try {
      return await source.apply(delivery);
    } catch (error) {
      if (error instanceof AppError && error.kind.status < 500) return ignored(error.message);
      throw error;
    }
  }
}
