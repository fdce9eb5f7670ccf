// Random histories of one account, each step compared with a model that knows no database.
import type { Tx } from '@app/domain';
import { aGitRepo, aTask, aTenant, type Tenant } from '@app/domain/testing';
import fc from 'fast-check';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import { reconcile } from '../reconcile';
import { BillingHouse } from '../testing';

const HISTORIES = 300;
const CAP = 40n;

type Step =
  | { readonly do: 'grant'; readonly key: number; readonly amount: bigint; readonly priority: number }
  | { readonly do: 'hold'; readonly who: number; readonly amount: bigint; readonly again: boolean }
  | { readonly do: 'settle'; readonly who: number; readonly actual: bigint; readonly back: number }
  | { readonly do: 'releaseAll'; readonly who: number };

interface Hold {
  readonly amount: bigint;
  open: boolean;
}

/** Attempt 0 belongs to a task with a cap, attempt 1 to one without. */
class Model {
  available = 0n;
  held = 0n;
  used = 0n;
  readonly keys = new Set<number>();
  readonly lots: { priority: number; remaining: bigint }[] = [];
  readonly holds: Hold[][] = [[], []];
  readonly taskUsed = [0n, 0n];
  readonly taskHeld = [0n, 0n];

  grant(key: number, amount: bigint, priority: number): boolean {
    if (this.keys.has(key)) return false;
    this.keys.add(key);
    this.available += amount;
    this.lots.push({ priority, remaining: amount });
    this.lots.sort((a, b) => a.priority - b.priority);
    return true;
  }

  hold(who: number, amount: bigint): object {
    if (!this.hasRoom(who, amount)) return { granted: false, reason: 'budget_exhausted' };
    if (amount > this.available) return { granted: false, reason: 'out_of_credits' };
    this.available -= amount;
    this.held += amount;
    this.taskHeld[who]! += amount;
    this.holds[who]!.push({ amount, open: true });
    return { granted: true, repeated: false };
  }

  settle(who: number, hold: Hold | undefined, actual: bigint): object {
    if (!hold?.open) return { settled: false, chargedMicro: 0n, overrunMicro: 0n };
    hold.open = false;
    const captured = actual < hold.amount ? actual : hold.amount;
    this.held -= hold.amount;
    this.available += hold.amount - captured;
    this.taskHeld[who]! -= hold.amount;
    this.charge(who, captured);
    const above = actual - captured;
    const paid = above > 0n && this.hasRoom(who, above) && above <= this.available;
    if (paid) {
      this.available -= above;
      this.charge(who, above);
    }
    return { settled: true, chargedMicro: captured + (paid ? above : 0n), overrunMicro: paid ? 0n : above };
  }

  private charge(who: number, amount: bigint): void {
    this.used += amount;
    this.taskUsed[who]! += amount;
    let left = amount;
    for (const lot of this.lots) {
      const take = lot.remaining < left ? lot.remaining : left;
      lot.remaining -= take;
      left -= take;
    }
  }

  private hasRoom(who: number, amount: bigint): boolean {
    return who !== 0 || this.taskUsed[0]! + this.taskHeld[0]! + amount <= CAP;
  }
}

const amount = fc.bigInt({ min: 1n, max: 30n });
const who = fc.integer({ min: 0, max: 1 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ do: fc.constant('grant' as const), key: fc.integer({ min: 0, max: 5 }), amount, priority: fc.constantFrom(20, 50) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('hold' as const), who, amount, again: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('settle' as const), who, actual: fc.bigInt({ min: 0n, max: 40n }), back: fc.integer({ min: 0, max: 1 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('releaseAll' as const), who }) },
);

let database: TestDatabase;
let house: BillingHouse;
let tenant: Tenant;
let calls: { organizationId: string; taskId: string; attemptId: string }[];
beforeAll(async () => {
  database = await openTestDatabase();
  house = new BillingHouse(database.dataSource);
  tenant = await aTenant(database.dataSource, { creditsMicro: 0n });
  const organizationId = tenant.organization.id;
  const repo = await aGitRepo(database.dataSource, { organizationId });
  calls = [];
  for (const maxCreditsMicro of [CAP, null]) {
    const { task, attempt } = await aTask(database.dataSource, { organizationId, userId: tenant.user.id, repositoryId: repo.id, status: 'in_progress', maxCreditsMicro });
    calls.push({ organizationId, taskId: task.id, attemptId: attempt.id });
  }
});
afterAll(() => database.close());

/** Does the step in both worlds; each answers with what it says happened. */
async function perform(tx: Tx, model: Model, one: Step): Promise<[expected: unknown, found: unknown]> {
  const { ledger } = house;
  switch (one.do) {
    case 'grant':
      return [model.grant(one.key, one.amount, one.priority), await house.bonus(tx, tenant.organization.id, one.amount, { key: `gift:${one.key}`, priority: one.priority })];
    case 'hold': {
      const holds = model.holds[one.who]!;
      const last = holds.at(-1);
      // A call while one is open is the same call again: an attempt makes one at a time.
      const repeats = last !== undefined && (last.open || one.again);
      const callSeq = holds.length + (repeats ? 0 : 1);
      const expected = repeats ? { granted: true, repeated: true } : model.hold(one.who, one.amount);
      return [expected, await ledger.hold(tx, { ...calls[one.who]!, callSeq, amountMicro: one.amount, costNusd: 0n, priceId: null, apiKeyId: null })];
    }
    case 'settle': {
      const index = model.holds[one.who]!.length - 1 - one.back;
      const found = await ledger.settle(tx, { attemptId: calls[one.who]!.attemptId, callSeq: index + 1 }, { micro: one.actual, nusd: 0n });
      return [model.settle(one.who, model.holds[one.who]![index], one.actual), found];
    }
    case 'releaseAll': {
      const open = model.holds[one.who]!.filter((hold) => hold.open);
      for (const hold of open) model.settle(one.who, hold, 0n);
      return [open.length, await ledger.releaseOpenHolds(tx, calls[one.who]!.attemptId)];
    }
  }
}

async function compare(tx: Tx, model: Model): Promise<void> {
  const balance = await house.accounts.balance(tx, tenant.organization.id);
  expect(balance).toMatchObject({ availableMicro: model.available, heldMicro: model.held, debtMicro: 0n, lifetimeUsedMicro: model.used });
  expect(balance.grants.map((grant) => grant.remainingMicro)).toEqual(model.lots.filter((lot) => lot.remaining > 0n).map((lot) => lot.remaining));
  const counters = await tx.query<{ used: string; held: string }[]>(
    'SELECT credits_used_micro AS used, credits_held_micro AS held FROM task_counters WHERE task_id = ANY($1::uuid[]) ORDER BY array_position($1::uuid[], task_id)',
    [calls.map((call) => call.taskId)],
  );
  expect(counters.map(({ used, held }) => [BigInt(used), BigInt(held)])).toEqual([0, 1].map((n) => [model.taskUsed[n], model.taskHeld[n]]));
}

const UNDO = new Error('undo');
/** No usage rows are written here, so what they should say is not compared. */
const OTHER_RULE = 'calls are charged what their usage rows say';

it(`does what the model does, in ${HISTORIES} random histories`, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 16 }), async (history) => {
      const run = house.work.run(async (tx) => {
        const model = new Model();
        for (const one of history) {
          const [expected, found] = await perform(tx, model, one);
          expect({ one, answer: found }).toEqual({ one, answer: expected });
        }
        await compare(tx, model);
        await tx.query('SET CONSTRAINTS ALL IMMEDIATE');
        expect((await reconcile(tx)).filter((one) => one.rule !== OTHER_RULE)).toEqual([]);
        throw UNDO;
      });
      await expect(run).rejects.toBe(UNDO);
    }),
    { numRuns: HISTORIES, interruptAfterTimeLimit: 100_000, markInterruptAsFailure: true },
  );
}, 120_000);
