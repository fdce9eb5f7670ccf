// Random histories of one account, each step compared with a model that knows no database. LEDGER_HISTORIES says how many.
import { newId } from '@app/common';
import type { Tx } from '@app/domain';
import { aGitRepo, aTask, aTenant, type Tenant } from '@app/domain/testing';
import fc from 'fast-check';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import { reconcile } from '../reconcile';
import { anInvoice, aPurchase, BillingHouse, LedgerModel } from '../testing';

const HISTORIES = Number(process.env['LEDGER_HISTORIES'] ?? 1_000);
const CAP = 40n;
const BOUGHT = 20n;
const DAY_MS = 86_400_000;
const TODAY = Math.floor(Date.now() / DAY_MS);

const amount = fc.bigInt({ min: 1n, max: 30n });
const who = fc.integer({ min: 0, max: 1 });
const few = fc.integer({ min: 0, max: 2 });
/** Past, future or never; each day once, so that there is one order. */
const expires = fc.oneof(fc.integer({ min: 15_000, max: 15_400 }), fc.integer({ min: 30_000, max: 30_400 }), fc.constant(null));
const STEPS = {
  bonus: fc.record({ n: fc.integer({ min: 0, max: 5 }), amount, priority: fc.constantFrom(20, 50), expires }),
  purchase: fc.record({ n: few, expires }),
  period: fc.record({ n: few, amount, expires, kind: fc.constantFrom('planPeriod' as const, 'upgrade' as const), paid: fc.boolean() }),
  clear: fc.record({ n: few, of: fc.constantFrom('purchase' as const, 'period' as const), charge: few }),
  hold: fc.record({ who, amount, again: fc.boolean() }),
  settle: fc.record({ who, actual: fc.bigInt({ min: 0n, max: 40n }), back: fc.integer({ min: 0, max: 1 }) }),
  releaseAll: fc.record({ who }),
  expire: fc.record({}),
  refund: fc.record({ n: few, id: few, amount, of: fc.constantFrom('purchase' as const, 'period' as const) }),
  refundFailed: fc.record({ n: few, id: few }),
  dispute: fc.record({ n: few, id: few, amount, what: fc.constantFrom('open' as const, 'lose' as const, 'win' as const) }),
  adjust: fc.record({ id: few, amount }),
};
type Kind = keyof typeof STEPS;
type StepOf<K extends Kind> = K extends Kind ? { readonly do: K; readonly crash: boolean; readonly with: (typeof STEPS)[K] extends fc.Arbitrary<infer T> ? T : never } : never;
type Step = StepOf<Kind>;
const WEIGHTS: Partial<Record<Kind, number>> = { hold: 5, settle: 5, bonus: 3, purchase: 3 };
const step = fc.oneof(
  ...(Object.keys(STEPS) as Kind[]).map((kind) => ({
    weight: WEIGHTS[kind] ?? 2,
    arbitrary: fc.record({ do: fc.constant(kind), crash: fc.integer({ min: 0, max: 7 }).map((n) => n === 0), with: STEPS[kind] as fc.Arbitrary<unknown> }) as unknown as fc.Arbitrary<Step>,
  })),
);

let database: TestDatabase;
let house: BillingHouse;
let tenant: Tenant;
let organizationId: string;
let calls: { organizationId: string; taskId: string; attemptId: string }[];
let purchases: string[];
let invoices: string[];
beforeAll(async () => {
  database = await openTestDatabase();
  house = new BillingHouse(database.dataSource);
  tenant = await aTenant(database.dataSource, { creditsMicro: 0n });
  organizationId = tenant.organization.id;
  const repo = await aGitRepo(database.dataSource, { organizationId });
  calls = [];
  for (const maxCreditsMicro of [CAP, null]) {
    const { task, attempt } = await aTask(database.dataSource, { organizationId, userId: tenant.user.id, repositoryId: repo.id, status: 'in_progress', maxCreditsMicro });
    calls.push({ organizationId, taskId: task.id, attemptId: attempt.id });
  }
  purchases = await Promise.all([0, 1, 2].map(() => aPurchase(database.dataSource, organizationId, BOUGHT)));
  await database.dataSource.query(`UPDATE credit_purchases SET status = 'pending', completed_at = NULL`);
  invoices = await Promise.all([0, 1, 2].map(() => anInvoice(database.dataSource, organizationId, tenant.subscription.id)));
});
afterAll(() => database.close());

const at = (day: number | null) => (day === null ? null : new Date(day * DAY_MS));
const paymentOf = (of: 'purchase' | 'period', n: number) => (of === 'purchase' ? { purchaseId: purchases[n]! } : { invoiceId: invoices[n]! });

type Answer = readonly [expected: unknown, found: unknown];
type Player<K extends Kind> = (tx: Tx, model: LedgerModel, step: StepOf<K>['with']) => Promise<Answer>;

/** Each kind of step, in the model and in the ledger; each answers what it says happened. */
const PLAYERS: { readonly [K in Kind]: Player<K> } = {
  bonus: async (tx, model, { n, amount: micro, priority, expires: day }) => [
    model.grant({ key: `gift:${n}`, amount: micro, priority, expires: day }),
    await house.bonus(tx, organizationId, micro, { key: `gift:${n}`, priority, expiresAt: at(day) }),
  ],
  purchase: async (tx, model, { n, expires: day }) => {
    await tx.query(`UPDATE credit_purchases SET status = 'completed', completed_at = now() WHERE id = $1`, [purchases[n]]);
    return [
      model.grant({ key: `purchase:${n}`, amount: BOUGHT, priority: 50, expires: day, payment: `purchase:${n}`, isPaid: true }),
      await house.paid.purchase(tx, { organizationId, purchaseId: purchases[n]!, amountMicro: BOUGHT, expiresAt: at(day) }),
    ];
  },
  period: async (tx, model, { n, amount: micro, expires: day, kind, paid }) => {
    // An invoice pays for a period or for a change: which, its number says.
    const does = n === 2 ? 'upgrade' : kind === 'upgrade' ? 'planPeriod' : kind;
    const periodStart = new Date((20_000 + n * 31) * DAY_MS);
    return [
      model.grant({ key: `${does}:${n}`, amount: micro, priority: 30, expires: day, payment: `period:${n}`, isPaid: paid }),
      await house.paid[does](tx, { organizationId, subscriptionId: tenant.subscription.id, invoiceId: invoices[n]!, periodStart, expiresAt: at(day), amountMicro: micro, paid }),
    ];
  },
  clear: async (tx, model, { n, of, charge }) => [model.clear(`${of}:${n}`, `clearing:ch_${charge}`), await house.paid.clear(tx, { organizationId, chargeId: `ch_${charge}`, payment: paymentOf(of, n) })],
  hold: async (tx, model, { who: one, amount: micro, again }) => {
    const holds = model.holds[one]!;
    const last = holds.at(-1);
    // A call while one is open is the same call again: an attempt makes one at a time.
    const repeats = last !== undefined && (last.open || again);
    const callSeq = holds.length + (repeats ? 0 : 1);
    const expected = repeats ? { granted: true, repeated: true } : model.hold(one, micro);
    const held = await house.ledger.hold(tx, { ...calls[one]!, callSeq, amountMicro: micro, costNusd: 0n, priceId: null, apiKeyId: null });
    return [expected, held.granted ? held : { granted: false, reason: held.reason }];
  },
  settle: async (tx, model, { who: one, actual, back }) => {
    const index = model.holds[one]!.length - 1 - back;
    const { settled, chargedMicro, overrunMicro } = await house.ledger.settle(tx, { attemptId: calls[one]!.attemptId, callSeq: index + 1 }, { micro: actual, nusd: 0n });
    return [model.settle(one, index, actual), { settled, chargedMicro, overrunMicro }];
  },
  releaseAll: async (tx, model, { who: one }) => [model.releaseAll(one), await house.ledger.releaseOpenHolds(tx, calls[one]!.attemptId)],
  expire: async (tx, model) => {
    let sum = 0n;
    for (const lot of await house.ledger.expiredLots(tx, 100)) sum += await house.ledger.expireLot(tx, lot);
    return [model.expire(TODAY), sum];
  },
  refund: async (tx, model, { n, id, amount: micro, of }) => [
    model.reverse(`${of}:${n}`, `refund:re_${of}_${id}`, micro),
    await house.reversed.refund(tx, { organizationId, payment: paymentOf(of, n), refundId: `re_${of}_${id}`, amountMicro: micro }),
  ],
  refundFailed: async (tx, model, { n, id }) => [
    model.giveBack(`purchase:${n}`, `refund:re_purchase_${id}`, `refund-failed:re_purchase_${id}`),
    await house.reversed.refundFailed(tx, { organizationId, payment: paymentOf('purchase', n), refundId: `re_purchase_${id}` }),
  ],
  dispute: async (tx, model, { n, id, amount: micro, what }) => {
    // A dispute is about one payment.
    const dispute = `dp_${n}_${id}`;
    const moved = { organizationId, payment: paymentOf('purchase', n), disputeId: dispute, amountMicro: micro };
    if (what === 'open') return [model.freeze(`purchase:${n}`, dispute, micro), await house.reversed.freezeDispute(tx, moved)];
    if (what === 'lose') return [model.lose(`purchase:${n}`, dispute, micro), await house.reversed.loseDispute(tx, moved)];
    return [model.win(`purchase:${n}`, dispute, micro), await house.reversed.winDispute(tx, moved)];
  },
  adjust: async (tx, model, { id, amount: micro }) => [
    model.takeBack(`adjustment:${id}`, micro),
    await house.reversed.takeAdjustment(tx, { organizationId, key: `adjustment:${id}`, amountMicro: micro, description: 'taken back' }),
  ],
};

const CRASH = new Error('crash');
const UNDO = new Error('undo');
/** No usage rows are written here, so what they should say is not compared. */
const OTHER_RULE = 'calls are charged what their usage rows say';

/** The model after the step. A crash leaves nothing of it behind. */
async function play(tx: Tx, model: LedgerModel, one: Step): Promise<LedgerModel> {
  const next = model.clone();
  const player = PLAYERS[one.do] as Player<Kind>;
  const run = tx.transaction(async (inner) => {
    const [expected, found] = await player(inner, next, one.with);
    expect({ one, answer: found }).toEqual({ one, answer: expected });
    if (one.crash) throw CRASH;
  });
  if (!one.crash) return run.then(() => next);
  await expect(run).rejects.toBe(CRASH);
  return model;
}

async function compare(tx: Tx, model: LedgerModel): Promise<void> {
  const balance = await house.accounts.balance(tx, organizationId);
  expect(balance).toMatchObject({ availableMicro: model.available, heldMicro: model.held, debtMicro: model.debt, lifetimeUsedMicro: model.used });
  expect(balance.grants.map((grant) => grant.remainingMicro)).toEqual(model.spendable.map((lot) => lot.remaining));
  const counters = await tx.query<{ used: string; held: string }[]>(
    'SELECT credits_used_micro AS used, credits_held_micro AS held FROM task_counters WHERE task_id = ANY($1::uuid[]) ORDER BY array_position($1::uuid[], task_id)',
    [calls.map((call) => call.taskId)],
  );
  expect(counters.map(({ used, held }) => [BigInt(used), BigInt(held)])).toEqual([0, 1].map((n) => [model.taskUsed[n], model.taskHeld[n]]));
}

it(`does what the model does, in ${HISTORIES} random histories`, async () => {
  let played = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 20 }), async (history) => {
      const run = house.work.run(async (tx) => {
        let model = new LedgerModel(CAP);
        for (const one of history) model = await play(tx, model, one);
        await compare(tx, model);
        await tx.query('SET CONSTRAINTS ALL IMMEDIATE');
        // Every sum of the database, now and then: the model has compared most of them already.
        if (played++ % 5 === 0) expect((await reconcile(tx)).filter((one) => one.rule !== OTHER_RULE)).toEqual([]);
        throw UNDO;
      });
      await expect(run).rejects.toBe(UNDO);
    }),
    { numRuns: HISTORIES, ...(process.env['LEDGER_SEED'] && { seed: Number(process.env['LEDGER_SEED']) }) },
  );
}, 3_600_000);

it('names what is off', async () => {
  const broken = await house.work.run(async (tx) => {
    await house.bonus(tx, organizationId, 5n, { key: `gift:${newId()}` });
    await tx.query('UPDATE credit_accounts SET held_micro = held_micro + 1, available_micro = available_micro - 1 WHERE organization_id = $1', [organizationId]);
    const found = await reconcile(tx);
    await tx.query('UPDATE credit_accounts SET held_micro = held_micro - 1, available_micro = available_micro + 1 WHERE organization_id = $1', [organizationId]);
    return found;
  });
  expect(broken.map(({ rule, subject, expected, found }) => [rule, subject.replace(organizationId, 'it'), expected, found])).toEqual([
    ['cached balances are the sums of their entries', 'it available', 5n, 4n], ['cached balances are the sums of their entries', 'it held', 0n, 1n], ['open holds sum to held', 'it', 1n, 0n],
  ]);
});
