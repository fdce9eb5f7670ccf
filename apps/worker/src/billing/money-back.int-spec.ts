import { ReversedCredits } from '@app/billing';
import { newId } from '@app/common';
import { StripeHouse } from '../webhooks/stripe/testing/stripe-house';

const MICRO = 1_000_000;

let house: StripeHouse;
beforeAll(async () => {
  house = await StripeHouse.open();
}, 60_000);
afterAll(async () => {
  const faults = [...house.peer.violations()];
  await house.close();
  expect(faults).toEqual([]);
});

/** A package of 500 credits for 20.00: a cent is a quarter of a credit. */
type Case = readonly [spent: number, steps: readonly string[], available: number, debt: number, status: string];

const CASES: readonly Case[] = [
  [0, ['refund 500'], 375, 0, 'partially_refunded'],
  [0, ['refund 2000'], 0, 0, 'refunded'],
  [0, ['refund 500', 'refund 500'], 250, 0, 'partially_refunded'],
  [0, ['refund 500', 'refund 1500'], 0, 0, 'refunded'],
  [0, ['refund 1', 'refund 1', 'refund 1998'], 0, 0, 'refunded'],
  [0, ['refund 333', 'refund 333'], 333.5, 0, 'partially_refunded'],
  [100, ['refund 2000'], 0, 100, 'refunded'],
  [500, ['refund 2000'], 0, 500, 'refunded'],
  [500, ['refund 500'], 0, 125, 'partially_refunded'],
  [400, ['refund 500'], 0, 25, 'partially_refunded'],
  [250, ['refund 1000'], 0, 0, 'partially_refunded'],
  [0, ['refund 500 pending'], 500, 0, 'completed'],
  [0, ['refund 500 pending', 'refund is succeeded'], 375, 0, 'partially_refunded'],
  [0, ['refund 500 pending', 'refund is failed'], 500, 0, 'completed'],
  [0, ['refund 500', 'refund is failed'], 500, 0, 'completed'],
  [500, ['refund 2000', 'refund is failed'], 0, 0, 'completed'],
  [100, ['refund 2000', 'refund is failed'], 400, 0, 'completed'],
  [0, ['refund 500 pending', 'refund is canceled'], 500, 0, 'completed'],
  [0, ['refund 2000', 'refund is failed', 'refund 2000'], 0, 0, 'refunded'],
  [0, ['dispute 2000'], 0, 0, 'disputed'],
  [0, ['dispute 1000'], 250, 0, 'disputed'],
  [0, ['dispute 2000', 'dispute is won'], 500, 0, 'completed'],
  [0, ['dispute 2000', 'dispute is lost'], 0, 0, 'disputed'],
  [500, ['dispute 2000'], 0, 0, 'disputed'],
  [500, ['dispute 2000', 'dispute is lost'], 0, 500, 'disputed'],
  [500, ['dispute 2000', 'dispute is won'], 0, 0, 'completed'],
  [200, ['dispute 2000', 'dispute is lost'], 0, 200, 'disputed'],
  [200, ['dispute 2000', 'dispute is won'], 300, 0, 'completed'],
  [0, ['dispute 1000', 'dispute is lost'], 250, 0, 'disputed'],
  [300, ['dispute 1000', 'dispute is lost'], 0, 50, 'disputed'],
  [0, ['dispute 2000', 'dispute is lost', 'dispute is won'], 500, 0, 'completed'],
  [500, ['dispute 2000', 'dispute is lost', 'dispute is won'], 0, 0, 'completed'],
  [0, ['dispute 2000 warning_needs_response'], 500, 0, 'completed'],
  [0, ['dispute 2000 warning_needs_response', 'dispute is warning_closed'], 500, 0, 'completed'],
  [0, ['dispute 2000 warning_needs_response', 'dispute is needs_response'], 0, 0, 'disputed'],
  [0, ['refund 500', 'dispute 1500', 'dispute is lost'], 0, 0, 'disputed'],
  [0, ['refund 500', 'dispute 1500', 'dispute is won'], 375, 0, 'partially_refunded'],
  [0, ['dispute 1000', 'dispute is won', 'refund 500'], 375, 0, 'partially_refunded'],
  [100, ['refund 500', 'refund 500', 'dispute 1000', 'dispute is lost'], 0, 100, 'disputed'],
  [0, ['dispute 2000', 'dispute is under_review', 'dispute is lost'], 0, 0, 'disputed'],
];

/** One thing that a bank, or somebody at Stripe's dashboard, does. */
function happen(step: string, payment: string, made: { refund?: string; dispute?: string }): void {
  const [what, how, status] = step.split(' ') as [string, string, string | undefined];
  if (what === 'refund' && how === 'is') house.peer.changeRefund(made.refund!, status as 'failed');
  else if (what === 'refund') made.refund = house.peer.refund({ payment, amount: Number(how), ...(status ? { status } : {}) }).id;
  else if (how === 'is') house.peer.changeDispute(made.dispute!, status!);
  else made.dispute = house.peer.dispute({ payment, amount: Number(how), ...(status ? { status } : {}) }).id;
}

async function bought(spent: number) {
  const buyer = await house.customer();
  const { purchaseId, sessionId } = await house.order(buyer, 'developer');
  const from = house.peer.events().length;
  house.peer.press(sessionId);
  await house.tell(from);
  const organizationId = buyer.organization.id;
  if (spent > 0) await house.work.run((tx) => house.get(ReversedCredits).takeAdjustment(tx, { organizationId, key: `adjustment:${newId()}`, amountMicro: BigInt(spent * MICRO), description: 'Spent' }));
  return { buyer, purchaseId, payment: house.paymentOf(sessionId), told: house.peer.events().length };
}

it.each(['as they happen', 'afterwards, the latest first, each twice'])(`${CASES.length} ways of paying back end as the table says, told %s`, async (order) => {
  const wrong: unknown[] = [];
  for (const [spent, steps, available, debt, status] of CASES) {
    const { buyer, purchaseId, payment, told } = await bought(spent);
    const made = {};
    let heard = told;
    for (const step of steps) {
      happen(step, payment, made);
      if (order === 'as they happen') heard = await house.tell(heard);
    }
    if (order !== 'as they happen') for (const event of [...house.peer.events().slice(told)].reverse().flatMap((one) => [one, one])) await house.apply(event);
    const credits = await house.credits(buyer);
    const [row] = await house.sql<{ status: string }>('SELECT status FROM credit_purchases WHERE id = $1', [purchaseId]);
    const found = [Number(credits.available) / MICRO, Number(credits.debt) / MICRO, row?.status];
    if (JSON.stringify(found) !== JSON.stringify([available, debt, status])) wrong.push({ spent, steps, expected: [available, debt, status], found });
    if ((await house.clearing(buyer)) !== 0n) wrong.push({ spent, steps, clearing: await house.clearing(buyer) });
  }
  expect(wrong).toEqual([]);
  expect(await house.unexplained()).toEqual([]);
}, 180_000);

it('a plan\'s invoice that is paid back takes the plan\'s credits back, also when that is heard first', async () => {
  const buyer = await house.customer();
  const from = house.peer.events().length;
  await house.subscribe(buyer, 'pro');
  const charge = [...house.peer.state.charges.values()].find(({ customer }) => customer === buyer.customerId)!;
  house.peer.refund({ payment: charge.id, amount: 500 });
  for (const event of [...house.peer.events().slice(from)].reverse()) await house.apply(event);
  expect(await house.credits(buyer)).toEqual({ available: 750_000_000n, debt: 0n });
  expect(await house.clearing(buyer)).toBe(0n);
});
