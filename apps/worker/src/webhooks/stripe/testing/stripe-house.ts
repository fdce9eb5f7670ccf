import { createHash } from 'node:crypto';
import { BillingCustomerStore, PaymentsModule, PlanCatalogStore, PriceDesk, PurchaseStore, reconcile, StripeCheckout, SubscriptionStore, type Unexplained } from '@app/billing';
import { AccountsModule } from '@app/accounts';
import { loadConfig, Logger, ProcessModule } from '@app/common';
import { DomainModule, seed, UnitOfWork, WebhookInboxStore } from '@app/domain';
import { aTenant, type Tenant } from '@app/domain/testing';
import { GithubModule } from '@app/github';
import { JobProducer, TaskEventBus } from '@app/messaging';
import { Global, Module, type Provider } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { startStripePeer, type StripePeer } from '../../../../../../test/support/stripe-peer';
import { openTestDatabase, type TestDatabase } from '../../../../../../test/support/test-database';
import { StripeWebhooks } from '../stripe-webhooks';
import { CheckoutNews, CustomerNews } from '../checkout-news';

type StripeEvent = ReturnType<StripePeer['events']>[number];
const URLS = { successUrl: 'http://127.0.0.1:3000/done?session={CHECKOUT_SESSION_ID}', cancelUrl: 'http://127.0.0.1:3000/no' };

/** The worker's side of Stripe, `processes` times over one database, with the stand-in behind it. */
export class StripeHouse {
  private constructor(
    readonly database: TestDatabase,
    readonly peer: StripePeer,
    private readonly workers: readonly TestingModule[],
  ) {}

  static async open({ processes = 1, providers = [] }: { processes?: number; providers?: Provider[] } = {}): Promise<StripeHouse> {
    const database = await openTestDatabase();
    await seed(database.dataSource);
    const peer = await startStripePeer();
    const config = loadConfig({
      NODE_ENV: 'test', DATABASE_URL: database.url, DATABASE_POOL_SIZE: '8', JWT_SECRET: 'x'.repeat(32), KEK: Buffer.alloc(32, 7).toString('base64'), STRIPE_API_URL: peer.url, STRIPE_SECRET_KEY: peer.secretKey,
      STRIPE_WEBHOOK_SECRET: peer.webhookSecret,
    });
    const outside = [{ provide: TaskEventBus, useValue: { publishNews: () => undefined } }, { provide: JobProducer, useValue: { enqueue: () => Promise.resolve(true) } }];
    @Global()
    @Module({ providers: outside, exports: [TaskEventBus, JobProducer] })
    class Outside {}
    const start = (): Promise<TestingModule> => {
      const domain = DomainModule.forRoot('worker');
      const imports = [ProcessModule.with(config, Logger.create('silent', 'test')), Outside, domain, AccountsModule.with(domain), PaymentsModule.with(domain), GithubModule];
      return Test.createTestingModule({ imports, providers: [StripeWebhooks, CheckoutNews, CustomerNews, ...providers] }).compile();
    };
    const workers: TestingModule[] = [];
    for (let n = 0; n < processes; n += 1) workers.push(await start());
    return new StripeHouse(database, peer, workers);
  }

  get<Shape>(token: abstract new (...args: never[]) => Shape, process = 0): Shape {
    return this.workers[process % this.workers.length]!.get<Shape>(token);
  }

  get processes(): number {
    return this.workers.length;
  }

  async close(): Promise<void> {
    for (const worker of this.workers) await worker.close();
    await this.peer.stop();
    await this.database.close();
  }

  sql<Row>(text: string, values: unknown[] = []): Promise<Row[]> {
    return this.database.dataSource.query<Row[]>(text, values);
  }

  /** An organization that is a customer at Stripe, with nothing in its account. */
  async customer(): Promise<Tenant & { customerId: string }> {
    const tenant = await aTenant(this.database.dataSource, { creditsMicro: 0n });
    const { id, name } = tenant.organization;
    const customerId = await this.get(StripeCheckout).createCustomer({ id, name, email: tenant.user.email });
    await this.work.run((tx) => this.get(BillingCustomerStore).link(tx, id, customerId));
    return { ...tenant, customerId };
  }

  /** A checkout of a plan, paid on its page. Returns the subscription at Stripe. */
  async subscribe(tenant: Tenant & { customerId: string }, planName: string, trialDays = 0): Promise<string> {
    const plan = (await this.get(PlanCatalogStore).onSale(this.work.reader, planName))!;
    const session = await this.get(StripeCheckout).openForPlan({
      customerId: tenant.customerId, organizationId: tenant.organization.id, userId: tenant.user.id, plan: plan.name, priceId: await this.get(PriceDesk).priceOfPlan(plan), trialDays, ...URLS,
      idempotencyKey: `checkout-${tenant.organization.id}-${planName}`,
    });
    this.peer.press(session.id);
    return this.peer.state.sessions.get(session.id)!.subscription as string;
  }

  /** A checkout of a package, not paid yet. */
  async order(tenant: Tenant & { customerId: string }, packageName: string): Promise<{ purchaseId: string; sessionId: string }> {
    const [row] = await this.sql<{ id: string }>('SELECT id FROM credit_packages WHERE name = $1', [packageName]);
    const pack = (await this.get(PlanCatalogStore).packageOnSale(this.work.reader, row!.id))!;
    const organizationId = tenant.organization.id;
    const purchaseId = await this.work.run((tx) => this.get(PurchaseStore).begin(tx, { organizationId, userId: tenant.user.id, pack }));
    const session = await this.get(StripeCheckout).openForPackage({ customerId: tenant.customerId, organizationId, purchaseId, priceId: await this.get(PriceDesk).priceOfPackage(pack), ...URLS });
    await this.work.run((tx) => this.get(PurchaseStore).keepSession(tx, organizationId, purchaseId, session.id));
    return { purchaseId, sessionId: session.id };
  }

  /** The payment of a checkout that was paid. */
  paymentOf(sessionId: string): string {
    return this.peer.state.sessions.get(sessionId)!.payment_intent as string;
  }

  /** What a worker does with an event, in one of the processes. */
  apply(event: StripeEvent, process = 0): Promise<{ status: string }> {
    const rawBody = Buffer.from(JSON.stringify(event));
    return this.get(StripeWebhooks, process).apply({ id: event.id, source: 'stripe', deliveryId: event.id, eventType: event.type, subjectId: null, rawBody, attempts: 1, occurredAt: new Date(event.created * 1_000) });
  }

  /** Every event so far, in order, once. `from`: after so many. */
  async tell(from = 0): Promise<number> {
    const events = this.peer.events();
    for (const event of events.slice(from)) await this.apply(event);
    return events.length;
  }

  async credits(tenant: Tenant): Promise<{ available: bigint; debt: bigint }> {
    const [row] = await this.sql<{ available_micro: string; debt_micro: string }>('SELECT available_micro, debt_micro FROM credit_accounts WHERE organization_id = $1', [tenant.organization.id]);
    return { available: BigInt(row!.available_micro), debt: BigInt(row!.debt_micro) };
  }

  live(tenant: Tenant): ReturnType<SubscriptionStore['live']> {
    return this.get(SubscriptionStore).live(this.work.reader, tenant.organization.id);
  }

  /** What is left waiting for a charge. */
  async clearing(tenant: Tenant): Promise<bigint> {
    const [row] = await this.sql<{ sum: string }>(`SELECT coalesce(sum(amount_micro), 0)::text AS sum FROM credit_entries WHERE organization_id = $1 AND account = 'purchases_clearing'`, [tenant.organization.id]);
    return BigInt(row!.sum);
  }

  unexplained(): Promise<Unexplained[]> {
    return this.work.run(reconcile);
  }

  /** Everything that Stripe's news wrote about an organization, without what differs from run to run. */
  async written(tenant: Tenant): Promise<string> {
    const id = tenant.organization.id;
    const rows = await this.sql(
      `SELECT (SELECT json_agg(json_build_array(p.name, n.name, s.stripe_subscription_id, s.status, s.stripe_status, s.current_period_start, s.current_period_end, s.cancel_at_period_end, s.canceled_at, s.ended_at, s.trial_end, s.past_due_since) ORDER BY s.stripe_subscription_id)
                 FROM subscriptions s JOIN subscription_plans p ON p.id = s.plan_id LEFT JOIN subscription_plans n ON n.id = s.pending_plan_id WHERE s.organization_id = $1 AND s.stripe_subscription_id IS NOT NULL) AS subscriptions,
              (SELECT json_agg(p.name) FROM subscriptions s JOIN subscription_plans p ON p.id = s.plan_id WHERE s.organization_id = $1 AND s.status IN ('trialing','active','past_due','unpaid','paused')) AS live,
              (SELECT json_agg(json_build_array(stripe_invoice_id, status, billing_reason, total_minor, amount_paid_minor, attempt_count, paid_at, stripe_payment_intent_id, metadata) ORDER BY stripe_invoice_id) FROM subscription_invoices WHERE organization_id = $1) AS invoices,
              (SELECT json_agg(json_build_array(status, amount_refunded_minor, credits_revoked_micro, stripe_payment_intent_id, metadata) ORDER BY id) FROM credit_purchases WHERE organization_id = $1) AS purchases,
              (SELECT json_agg(json_build_array(source, kind, category, period_start, amount_micro, remaining_micro, expires_at) ORDER BY source, kind, period_start, amount_micro, remaining_micro) FROM credit_grants WHERE organization_id = $1) AS lots,
              (SELECT json_agg(json_build_array(type, amount_micro) ORDER BY type, amount_micro) FROM credit_transactions WHERE organization_id = $1 AND type NOT IN ('reversal', 'refund')) AS moves,
              (SELECT json_build_array(available_micro, held_micro, debt_micro) FROM credit_accounts WHERE organization_id = $1) AS balance`,
      [id],
    );
    return JSON.stringify(rows[0], null, 1);
  }

  get work(): UnitOfWork {
    return this.get(UnitOfWork);
  }

  get inbox(): WebhookInboxStore {
    return this.get(WebhookInboxStore);
  }
}

/** A number that a seed decides, the same in every run: for orders that can be told again. */
export function draw(seed: string, below: number): number {
  return createHash('sha256').update(seed).digest().readUInt32BE(0) % below;
}

/** The same list in an order that a seed decides. */
export function shuffled<Item>(items: readonly Item[], seed: string): Item[] {
  return items.map((item, index) => ({ item, key: draw(`${seed}:${index}`, 2 ** 32) })).sort((a, b) => a.key - b.key).map(({ item }) => item);
}
