import { Logger } from '@app/common';
import { DeliveryClaims, UnitOfWork, type ClaimedDelivery } from '@app/domain';
import { JobProducer } from '@app/messaging';
import { metrics } from '@app/telemetry';
import { Injectable } from '@nestjs/common';
import { retryInSeconds } from './retry-plan';
import { WebhookSender, type Sent } from './webhook-sender';

const UNSIGNABLE = 'the secret of the endpoint cannot be opened, so nothing was signed or sent; rotate it';

/** Claims a delivery, sends it, writes down how it went, and calls for what its endpoint has due next. */
@Injectable()
export class DeliveryRunner {
  private readonly logger: Logger;

  constructor(
    private readonly work: UnitOfWork,
    private readonly claims: DeliveryClaims,
    private readonly sender: WebhookSender,
    private readonly jobs: JobProducer,
    logger: Logger,
  ) {
    this.logger = logger.named('webhooks');
  }

  /** A delivery that is taken, or whose endpoint is busy, is left alone: whoever holds a place there calls for it. */
  async run(deliveryId: string, shutdown: AbortSignal): Promise<void> {
    if (shutdown.aborted) return;
    const claim = await this.work.run((tx) => this.claims.claim(tx, deliveryId));
    if (claim.kind !== 'claimed') return;
    const sent = await this.send(claim.delivery, shutdown);
    if (sent === null) return;
    const isOurs = await this.record(claim.delivery, sent);
    this.report(claim.delivery, sent, isOurs);
    await this.callNext(claim.delivery.endpointId);
  }

  /** Null: the process ends, and the try was given back. */
  private async send(delivery: ClaimedDelivery, shutdown: AbortSignal): Promise<Sent | null> {
    // A try like any other, so that it waits longer each time and ends: the key may be given to this process yet.
    if (delivery.secrets.length === 0) return { kind: 'failed', httpStatus: null, error: UNSIGNABLE, durationMs: 0, askedSeconds: null, isGone: false };
    try {
      return await this.sender.send(delivery, shutdown);
    } catch (error) {
      if (!shutdown.aborted) throw error;
      await this.work.run((tx) => this.claims.release(tx, delivery));
      return null;
    }
  }

  private record(delivery: ClaimedDelivery, sent: Sent): Promise<boolean> {
    if (sent.kind === 'delivered') return this.work.run((tx) => this.claims.succeeded(tx, delivery, sent));
    const { httpStatus, error, durationMs, isGone, askedSeconds } = sent;
    const wait = retryInSeconds(delivery.attempts, askedSeconds, Math.random());
    return this.work.run((tx) => this.claims.failed(tx, delivery, { httpStatus, error, durationMs, isGone, retryInSeconds: wait }));
  }

  private async callNext(endpointId: string): Promise<void> {
    const ids = await this.claims.dueOfEndpoint(this.work.reader, endpointId);
    await Promise.all(ids.map((deliveryId) => this.jobs.enqueue('endpoint-delivery', { deliveryId }, 'medium')));
  }

  private report({ id, endpointId, attempts }: ClaimedDelivery, sent: Sent, isOurs: boolean): void {
    metrics.webhooksOut.observe({ outcome: sent.kind }, sent.durationMs / 1_000);
    const facts = { deliveryId: id, endpointId, attempts, status: sent.httpStatus, durationMs: sent.durationMs };
    if (!isOurs) this.logger.warn('a webhook took longer than its lease; another worker has it', facts);
    else if (sent.kind === 'failed') this.logger.info('a webhook was not taken', { ...facts, why: sent.error });
    else this.logger.debug('a webhook was delivered', facts);
  }
}
