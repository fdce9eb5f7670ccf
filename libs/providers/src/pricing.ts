import { promptTokens, type Usage } from './usage';

/** One price row in micro-USD per million tokens. It holds from `minPromptTokens` of prompt on, for the whole request. */
export interface PriceRow {
  /** Null: no row of the price list, the configured fallback rate. */
  readonly id: string | null;
  readonly minPromptTokens: number;
  readonly input: bigint;
  readonly output: bigint;
  readonly cacheRead: bigint;
  readonly cacheWriteShort: bigint;
  readonly cacheWriteLong: bigint;
}

/** A rate for calls whose model has no price any more: everything in a prompt costs `input`. Never free, whatever is configured. */
export function flatPrice(input: bigint, output: bigint): readonly [PriceRow] {
  const [prompt, answer] = [input > 0n ? input : 1n, output > 0n ? output : 1n];
  return [{ id: null, minPromptTokens: 0, input: prompt, output: answer, cacheRead: prompt, cacheWriteShort: prompt, cacheWriteLong: prompt }];
}

/** The row of a price set (all of one effective date) that a prompt of this size is billed by. @throws {Error} on an empty set. */
export function priceForPrompt(set: readonly PriceRow[], prompt: number): PriceRow {
  const reached = set.filter((row) => row.minPromptTokens <= prompt).sort((a, b) => b.minPromptTokens - a.minPromptTokens)[0];
  if (!reached) throw new Error('a price set needs a row from 0 prompt tokens on');
  return reached;
}

/** Cost of a call in nano-USD, half to even: micro-USD per million tokens times tokens is exactly pico-USD. */
export function costNanoUsd(usage: Usage, price: PriceRow): bigint {
  const pico =
    BigInt(usage.inputTokens) * price.input +
    BigInt(usage.cacheReadTokens) * price.cacheRead +
    BigInt(usage.cacheWriteShortTokens) * price.cacheWriteShort +
    BigInt(usage.cacheWriteLongTokens) * price.cacheWriteLong +
    BigInt(usage.outputTokens) * price.output;
  return divideHalfEven(pico, 1000n);
}

/** Cost of a call at the price set in force when its hold was taken. */
export function costOfCall(usage: Usage, set: readonly PriceRow[]): { price: PriceRow; nanoUsd: bigint } {
  const price = priceForPrompt(set, promptTokens(usage));
  return { price, nanoUsd: costNanoUsd(usage, price) };
}

/** Credits for a cost: rounded up to the microcredit, times the model's margin (10,000 basis points = cost). */
export function creditsMicroForCost(nanoUsd: bigint, multiplierBps: number): bigint {
  const scaled = nanoUsd * BigInt(multiplierBps);
  return (scaled + 99_999n) / 100_000n;
}

/** What a call may cost at most: its whole prompt written to the cache, all of `maxTokens` as output. */
export function worstCaseNanoUsd(prompt: number, maxTokens: number, set: readonly PriceRow[]): bigint {
  const price = priceForPrompt(set, prompt);
  const dearest = [price.input, price.cacheWriteShort, price.cacheRead].reduce((a, b) => (a > b ? a : b));
  return divideHalfEven(BigInt(prompt) * dearest + BigInt(maxTokens) * price.output, 1000n) + 1n;
}

function divideHalfEven(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor;
  const twice = (value % divisor) * 2n;
  return twice > divisor || (twice === divisor && quotient % 2n === 1n) ? quotient + 1n : quotient;
}
