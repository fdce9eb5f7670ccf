/** Microcredits in one credit. */
export const MICROCREDITS_PER_CREDIT = 1_000_000n;

/** Nano-USD in one US dollar. */
export const NANO_USD_PER_USD = 1_000_000_000n;

/** Nano-USD in one microcredit: 1 credit = USD 0.01 of metered model cost. */
export const NANO_USD_PER_MICROCREDIT = 10n;

/** Microcredits as a number of credits with at most six decimals. Exact up to nine billion credits. */
export function creditsFromMicros(micros: bigint): number {
  return Number(micros) / 1_000_000;
}

/**
 * A decimal text such as "14.9" as microcredits, without passing through a float.
 * @throws {RangeError} when it is not a plain decimal with at most six fraction digits.
 */
export function microsFromCredits(text: string): bigint {
  return scaled(text, 6);
}

/** Nano-USD as a decimal text in US dollars without trailing zeros: 149000000n is "0.149". */
export function usdFromNano(nano: bigint): string {
  const sign = nano < 0n ? '-' : '';
  const digits = (nano < 0n ? -nano : nano).toString().padStart(10, '0');
  const fraction = digits.slice(-9).replace(/0+$/, '');
  return sign + digits.slice(0, -9) + (fraction ? `.${fraction}` : '');
}

/** A price in USD per million tokens ("0.125") as micro-USD per million tokens. @throws {RangeError} */
export function microUsdFromUsd(text: string): bigint {
  return scaled(text, 6);
}

/** A decimal text in US dollars ("3.20") as nano-USD. @throws {RangeError} when it is not a plain decimal with at most nine fraction digits. */
export function nanoFromUsd(text: string): bigint {
  return scaled(text, 9);
}

function scaled(text: string, decimals: number): bigint {
  const match = /^(\d{1,15})(?:\.(\d+))?$/.exec(text);
  const fraction = match?.[2] ?? '';
  if (!match || fraction.length > decimals) throw new RangeError(`not a decimal with at most ${decimals} places: ${text}`);
  return BigInt(`${match[1]}${fraction.padEnd(decimals, '0')}`);
}
