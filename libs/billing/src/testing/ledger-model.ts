/** A lot as the model knows it. `order`: when it came. */
interface ModelLot {
  readonly key: string;
  readonly payment: string | null;
  readonly amount: bigint;
  readonly priority: number;
  readonly expires: number;
  readonly order: number;
  readonly isPaid: boolean;
  remaining: bigint;
  revoked: bigint;
  cleared: boolean;
}

interface ModelHold {
  readonly amount: bigint;
  open: boolean;
}

export interface LotTerms {
  readonly key: string;
  readonly amount: bigint;
  readonly priority: number;
  /** Days since 1970; null: never. */
  readonly expires: number | null;
  /** What paid for it. */
  readonly payment?: string;
  readonly isPaid?: boolean;
}

export interface ModelTaken {
  readonly applied: boolean;
  readonly takenMicro: bigint;
  readonly owedMicro: bigint;
}

const NOTHING: ModelTaken = { applied: false, takenMicro: 0n, owedMicro: 0n };
const NEVER = Number.MAX_SAFE_INTEGER;

/** One account, in memory and single-threaded: what the ledger must do, without a database. Attempt 0 has a cap, attempt 1 none. */
export class LedgerModel {
  available = 0n;
  held = 0n;
  debt = 0n;
  used = 0n;
  lots: ModelLot[] = [];
  holds: ModelHold[][] = [[], []];
  taskUsed = [0n, 0n];
  taskHeld = [0n, 0n];
  readonly #moves = new Map<string, bigint>();

  constructor(private readonly cap: bigint) {}

  clone(): LedgerModel {
    const copy = new LedgerModel(this.cap);
    Object.assign(copy, structuredClone({ available: this.available, held: this.held, debt: this.debt, used: this.used, lots: this.lots, holds: this.holds, taskUsed: this.taskUsed, taskHeld: this.taskHeld }));
    for (const [key, amount] of this.#moves) copy.#moves.set(key, amount);
    return copy;
  }

  /** Lots in the order in which they are spent. */
  get spendable(): ModelLot[] {
    return this.lots.filter((lot) => lot.remaining > 0n).sort((a, b) => a.priority - b.priority || a.expires - b.expires || a.order - b.order);
  }

  grant(terms: LotTerms): boolean {
    if (this.#moves.has(terms.key)) return false;
    this.#moves.set(terms.key, terms.amount);
    this.#add(terms);
    return true;
  }

  clear(payment: string, charge: string): boolean {
    const lot = this.#paid(payment);
    if (!lot?.isPaid || lot.cleared || this.#moves.has(charge)) return false;
    this.#moves.set(charge, 0n);
    lot.cleared = true;
    return true;
  }

  hold(who: number, amount: bigint): object {
    if (!this.#hasRoom(who, amount)) return { granted: false, reason: 'budget_exhausted' };
    if (amount > this.available || this.debt > 0n) return { granted: false, reason: 'out_of_credits' };
    this.available -= amount;
    this.held += amount;
    this.taskHeld[who]! += amount;
    this.holds[who]!.push({ amount, open: true });
    return { granted: true, repeated: false };
  }

  settle(who: number, index: number, actual: bigint): object {
    const hold = this.holds[who]![index];
    if (!hold?.open) return { settled: false, chargedMicro: 0n, overrunMicro: 0n };
    hold.open = false;
    const captured = least(actual, hold.amount);
    this.held -= hold.amount;
    this.available += hold.amount - captured;
    this.taskHeld[who]! -= hold.amount;
    this.#charge(who, captured);
    this.#payDebt();
    const above = actual - captured;
    const isPaid = above > 0n && this.debt === 0n && this.#hasRoom(who, above) && above <= this.available;
    if (isPaid) {
      this.available -= above;
      this.#charge(who, above);
    }
    return { settled: true, chargedMicro: captured + (isPaid ? above : 0n), overrunMicro: isPaid ? 0n : above };
  }

  releaseAll(who: number): number {
    const open = this.holds[who]!.flatMap((hold, index) => (hold.open ? [index] : []));
    for (const index of open) this.settle(who, index, 0n);
    return open.length;
  }

  /** Lots past `day`, the earliest first, as far as they are not held. */
  expire(day: number): bigint {
    let sum = 0n;
    for (const lot of this.lots.filter((one) => one.expires < day && one.remaining > 0n).sort((a, b) => a.expires - b.expires || a.order - b.order)) {
      const amount = least(lot.remaining, this.available);
      lot.remaining -= amount;
      this.available -= amount;
      sum += amount;
    }
    return sum;
  }

  reverse(payment: string, key: string, amount: bigint): ModelTaken {
    const lot = this.#paid(payment);
    return lot ? this.takeBack(key, least(amount, lot.amount - lot.revoked), lot) : NOTHING;
  }

  takeBack(key: string, amount: bigint, lot: ModelLot | null = null): ModelTaken {
    if (amount <= 0n || this.#moves.has(key)) return NOTHING;
    this.#moves.set(key, -amount);
    const taken = least(amount, this.available);
    const ofLot = lot ? least(taken, lot.remaining) : 0n;
    if (lot) {
      lot.remaining -= ofLot;
      lot.revoked += amount;
    }
    this.#burn(taken - ofLot);
    this.available -= taken;
    this.debt += amount - taken;
    return { applied: true, takenMicro: taken, owedMicro: amount - taken };
  }

  giveBack(payment: string, taken: string, key: string): boolean {
    const lot = this.#paid(payment);
    const amount = -(this.#moves.get(taken) ?? 0n);
    if (!lot || amount === 0n || this.#moves.has(key)) return false;
    this.#moves.set(key, amount);
    lot.revoked -= amount;
    this.#add({ key: `lot of ${key}`, amount, priority: lot.priority, expires: lot.expires });
    return true;
  }

  freeze(payment: string, dispute: string, amount: bigint): ModelTaken {
    const lot = this.#paid(payment);
    if (!lot || ['freeze', 'dispute', 'dispute-won'].some((move) => this.#moves.has(`${move}:${dispute}`))) return NOTHING;
    const frozen = least(least(amount, lot.remaining), least(this.available, lot.amount - lot.revoked));
    if (frozen <= 0n) return NOTHING;
    this.#moves.set(`freeze:${dispute}`, -frozen);
    lot.remaining -= frozen;
    lot.revoked += frozen;
    this.available -= frozen;
    return { applied: true, takenMicro: frozen, owedMicro: 0n };
  }

  lose(payment: string, dispute: string, amount: bigint): ModelTaken {
    if (this.#moves.has(`dispute:${dispute}`)) return NOTHING;
    this.#unfreeze(payment, dispute, `unfreeze:${dispute}`);
    return this.reverse(payment, `dispute:${dispute}`, amount);
  }

  win(payment: string, dispute: string, amount: bigint): boolean {
    const key = `dispute-won:${dispute}`;
    if (this.giveBack(payment, `dispute:${dispute}`, key)) return true;
    this.freeze(payment, dispute, amount);
    return this.#unfreeze(payment, dispute, key);
  }

  #unfreeze(payment: string, dispute: string, key: string): boolean {
    const lot = this.#paid(payment);
    const frozen = -(this.#moves.get(`freeze:${dispute}`) ?? 0n);
    if (!lot || frozen === 0n || this.#moves.has(`unfreeze:${dispute}`) || this.#moves.has(`dispute-won:${dispute}`)) return false;
    this.#moves.set(key, frozen);
    lot.remaining += frozen;
    lot.revoked -= frozen;
    this.available += frozen;
    this.#payDebt();
    return true;
  }

  #add({ expires, ...terms }: Omit<LotTerms, 'expires'> & { expires: number | null }): void {
    this.lots.push({ payment: null, isPaid: false, ...terms, expires: expires ?? NEVER, remaining: terms.amount, revoked: 0n, cleared: false, order: this.lots.length });
    this.available += terms.amount;
    this.#payDebt();
  }

  #paid(payment: string): ModelLot | undefined {
    return this.lots.find((lot) => lot.payment === payment);
  }

  #payDebt(): void {
    const paid = least(this.debt, this.available);
    this.debt -= paid;
    this.available -= paid;
    this.#burn(paid);
  }

  #charge(who: number, amount: bigint): void {
    this.used += amount;
    this.taskUsed[who]! += amount;
    this.#burn(amount);
  }

  #burn(amount: bigint): void {
    let left = amount;
    for (const lot of this.spendable) {
      const take = least(lot.remaining, left);
      lot.remaining -= take;
      left -= take;
    }
  }

  #hasRoom(who: number, amount: bigint): boolean {
    return who !== 0 || this.taskUsed[0]! + this.taskHeld[0]! + amount <= this.cap;
  }
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
