import { microUsdFromUsd } from '@app/common';
import { MODELS } from '@app/domain';
import { costOfCall, promptTokens, type PriceRow, type Usage } from '@app/providers';
import { calcPrice } from '@pydantic/genai-prices';

/** The day of the other list. */
const DAY = '2026-09-23';

type ModelSeed = (typeof MODELS)[number];

/** The rows of a model that were in force on that day; empty: none yet. */
function pricesOf({ prices }: ModelSeed): PriceRow[] {
  const begun = prices.filter(({ from }) => from <= DAY);
  const newest = begun.map(({ from }) => from).sort().at(-1);
  return begun.filter(({ from }) => from === newest).map((price) => ({
    id: null, minPromptTokens: price.minPrompt, input: microUsdFromUsd(price.input), output: microUsdFromUsd(price.output), cacheRead: microUsdFromUsd(price.cacheRead),
    cacheWriteShort: microUsdFromUsd(price.cacheWriteShort), cacheWriteLong: microUsdFromUsd(price.cacheWriteLong),
  }));
}

/** USD by the other list, which wants all of the prompt as `input_tokens`; null: it does not know the model by this very name. */
function theirs({ name, provider }: ModelSeed, usage: Usage): number | null {
  const counts = { input_tokens: promptTokens(usage), cache_read_tokens: usage.cacheReadTokens, cache_write_tokens: usage.cacheWriteShortTokens, output_tokens: usage.outputTokens };
  const found = calcPrice(counts, name, { providerId: provider, timestamp: new Date(`${DAY}T12:00:00Z`) });
  return found?.model.id === name ? found.total_price : null;
}

const usage = (input: number, read: number, written: number, output: number): Usage => ({ inputTokens: input, cacheReadTokens: read, cacheWriteShortTokens: written, cacheWriteLongTokens: 0, outputTokens: output, reasoningTokens: 0, raw: null });
/** Usual, large enough for every tier, without a cache, and one that nobody would round by hand. */
const USAGES = [usage(12_000, 80_000, 0, 3_000), usage(200_000, 150_000, 0, 10_000), usage(1_000_000, 0, 0, 0), usage(7, 13, 0, 17)];
const WRITES = usage(12_000, 80_000, 5_000, 3_000);

const known = MODELS.filter((model) => pricesOf(model).length > 0 && theirs(model, USAGES[0] as Usage) !== null);

it('knows enough models of every vendor to be worth a comparison', () => {
  expect(new Set(known.map(({ provider }) => provider))).toEqual(new Set(['anthropic', 'openai', 'google']));
  expect(known.length).toBeGreaterThanOrEqual(8);
});

it.each(known.map((model) => [model.name, model] as const))('%s costs the same by another price list and its arithmetic', (_, model) => {
  const prices = pricesOf(model);
  // A cache write that is free in our rows is not known there, and theirs takes it for plain input.
  const usages = prices[0]?.cacheWriteShort === 0n ? USAGES : [...USAGES, WRITES];
  for (const counts of usages) expect(Number(costOfCall(counts, prices).nanoUsd) / 1e9).toBeCloseTo(theirs(model, counts) ?? NaN, 8);
});
