import { StripeReconciliation } from '@app/billing';
import { JobProducer } from '@app/messaging';
import { StripeHouse } from '../webhooks/stripe/testing/stripe-house';
import { StripeEventsSweeper } from './stripe-events.sweeper';
import { FindingRepair, StripeReconcileSweeper } from './stripe-reconcile.sweeper';

const HOUR_MS = 3_600_000;

let house: StripeHouse;
beforeAll(async () => {
  house = await StripeHouse.open({ providers: [StripeEventsSweeper, FindingRepair, StripeReconcileSweeper] });
}, 60_000);
afterAll(() => house.close());

const findings = () => house.get(StripeReconciliation).findings(new Date(Date.now() - 48 * HOUR_MS));
const kinds = async () => [...new Set((await findings()).map(({ kind }) => kind))].sort();

it('what was never told is found by its books, read again, and then explained', async () => {
  const buyer = await house.customer();
  const { sessionId, purchaseId } = await house.order(buyer, 'developer');
  house.peer.press(sessionId);
  await house.subscribe(buyer, 'pro');
  house.peer.refund({ payment: house.paymentOf(sessionId), amount: 500 });
  house.peer.dispute({ payment: house.paymentOf(sessionId), amount: 100, status: 'lost' });
  expect(await kinds()).toEqual(['charge', 'dispute', 'invoice', 'refund', 'subscription']);
  expect(await house.get(StripeReconcileSweeper).run()).toBeGreaterThan(4);
  expect(await findings()).toEqual([]);
  expect(await house.credits(buyer)).toEqual({ available: (500n - 125n - 25n + 1_000n) * 1_000_000n, debt: 0n });
  expect(await house.sql('SELECT status FROM credit_purchases WHERE id = $1', [purchaseId])).toEqual([{ status: 'disputed' }]);
  expect(await house.unexplained()).toEqual([]);
  expect(await house.get(StripeReconcileSweeper).run()).toBe(0);
});

it('a charge for nothing of ours, and credits without a charge, are reported', async () => {
  const buyer = await house.customer();
  const { sessionId } = await house.order(buyer, 'starter');
  house.peer.press(sessionId);
  house.peer.state.sessions.get(sessionId)!.client_reference_id = 'somebody else';
  await house.get(StripeReconcileSweeper).run();
  expect(await findings()).toMatchObject([{ kind: 'charge' }]);
  house.peer.state.sessions.get(sessionId)!.client_reference_id = buyer.organization.id;
  await house.get(StripeReconcileSweeper).run();
  expect(await findings()).toEqual([]);
  const intent = house.peer.state.intents.get(house.paymentOf(sessionId))!;
  const cleared = await house.sql<{ id: string }>(`SELECT id FROM credit_transactions WHERE idempotency_key = $1`, [`clearing:${intent.latest_charge as string}`]);
  expect(cleared).toHaveLength(1);
});

it('events that never came go into the inbox, once', async () => {
  const enqueued: string[] = [];
  jest.spyOn(house.get(JobProducer), 'enqueue').mockImplementation((_, payload) => Promise.resolve('deliveryId' in payload && enqueued.push(payload.deliveryId) > 0));
  const sweeper = house.get(StripeEventsSweeper);
  const all = house.peer.events().length;
  expect(await sweeper.run()).toBe(all);
  expect(await sweeper.run()).toBe(0);
  const buyer = await house.customer();
  await house.subscribe(buyer, 'pro');
  expect(await sweeper.run()).toBe(house.peer.events().length - all);
  expect(enqueued).toHaveLength(house.peer.events().length);
  const rows = await house.sql<{ event_type: string }>(`SELECT event_type FROM webhook_deliveries WHERE source = 'stripe' AND status = 'received'`);
  expect(rows).toHaveLength(enqueued.length);
});

it('a checkout that nobody ended is given up', async () => {
  const buyer = await house.customer();
  const { purchaseId } = await house.order(buyer, 'starter');
  const [never] = await house.sql<{ id: string }>(
    `INSERT INTO credit_purchases (id, organization_id, package_id, amount_minor, currency, credits_micro) SELECT gen_random_uuid(), organization_id, package_id, amount_minor, currency, credits_micro FROM credit_purchases WHERE id = $1 RETURNING id`,
    [purchaseId],
  );
  await house.sql(`UPDATE credit_purchases SET created_at = now() - interval '26 hours' WHERE id IN ($1, $2)`, [purchaseId, never!.id]);
  house.peer.advance(90_000);
  await house.get(StripeReconcileSweeper).run();
  expect(await house.sql('SELECT status FROM credit_purchases WHERE id IN ($1, $2)', [purchaseId, never!.id])).toEqual([{ status: 'expired' }, { status: 'expired' }]);
});
