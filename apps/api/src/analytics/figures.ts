/** A part of a whole, from 0 to 1, with four decimals; null: there is no whole. */
export function share(part: number, whole: number): number | null {
  return whole === 0 ? null : Math.round((part / whole) * 10_000) / 10_000;
}

/** An amount by a number of things, to the nearest unit; null: there are none. */
export function perUnit(amount: bigint, things: number): bigint | null {
  return things === 0 ? null : (amount + BigInt(things) / 2n) / BigInt(things);
}

export function rounded(value: number | null): number | null {
  return value === null ? null : Math.round(value);
}
