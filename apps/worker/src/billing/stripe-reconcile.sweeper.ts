import { InvoiceMirror, MoneyBack, type PaymentFinding, PurchaseMirror, PurchaseStore, StripeReconciliation, SubscriptionMirror } from '@app/billing';
import { Clock, Logger } from '@app/common';
import { SWEEP_BATCH, UnitOfWork } from '@app/domain';
import { Injectable } from '@nestjs/common';
import { Sweeper, sweepEach } from '../maintenance/sweeper';

const HOUR_MS = 3_600_000;
const LOOK_BACK_MS = 48 * HOUR_MS;

/** Reads again what a finding names; what cannot be read again wants people. */
@Injectable()
export class FindingRepair {
  constructor(
    private readonly subscriptions: SubscriptionMirror,
    private readonly invoices: InvoiceMirror,
    private readonly purchases: PurchaseMirror,
    private readonly moneyBack: MoneyBack,
    private readonly open: PurchaseStore,
    private readonly work: UnitOfWork,
  ) {}

  async again({ kind, subject }: PaymentFinding): Promise<boolean> {
    if (kind === 'subscription') return (await this.subscriptions.sync(subject)) !== null;
    if (kind === 'invoice') return (await this.invoices.sync(subject)) !== null;
    if (kind === 'charge') return this.moneyBack.syncPayment(subject);
    if (kind === 'refund') return this.moneyBack.syncRefund(subject);
    return kind === 'dispute' && this.moneyBack.syncDispute(subject);
  }

  stale(): ReturnType<PurchaseStore['stale']> {
    return this.open.stale(this.work.reader, SWEEP_BATCH);
  }

  giveUp(stale: { id: string; sessionId: string | null }): Promise<boolean> {
    return this.purchases.giveUp(stale);
  }
}

/** Every day Stripe's books against ours: what differs is read again, and what is still not explained is reported. Checkouts that nobody ended are given up. */
@Injectable()
export class StripeReconcileSweeper extends Sweeper {
  readonly name = 'stripe-reconcile';
  readonly everyMs = 24 * HOUR_MS;
  private readonly logger: Logger;

  constructor(
    private readonly books: StripeReconciliation,
    private readonly repair: FindingRepair,
    private readonly clock: Clock,
    logger: Logger,
  ) {
    super();
    this.logger = logger.named('billing');
  }

  async run(): Promise<number> {
    if (!this.books.isConfigured) return 0;
    const since = new Date(this.clock.now().getTime() - LOOK_BACK_MS);
    const given = await sweepEach(await this.repair.stale(), this.logger, (stale) => this.repair.giveUp(stale));
    const found = await this.books.findings(since);
    if (found.length === 0) return given;
    await sweepEach(found, this.logger, (finding) => this.repair.again(finding));
    const left = await this.books.findings(since);
    for (const finding of left) this.logger.error('Stripe and our rows differ', { ...finding });
    return given + found.length;
  }
}
