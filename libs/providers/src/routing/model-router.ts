import { promptTokens, type Usage } from '../usage';
import { costNanoUsd, creditsMicroForCost, priceForPrompt } from '../pricing';
import type { ExcludedModel, ExclusionReason, ModelPreference, RankedModel, RoutingCandidate, RoutingDecision, RoutingProfile, RoutingWeights, RoutingWish } from './routing-types';

const WEIGHTS: Readonly<Record<RoutingProfile, RoutingWeights>> = {
  quality: { quality: 0.85, cost: 0.05, latency: 0.1 },
  balanced: { quality: 0.5, cost: 0.4, latency: 0.1 },
  economy: { quality: 0.25, cost: 0.6, latency: 0.15 },
};

/** What `auto` means by mode; modes that are not named are balanced. */
const PROFILES: Readonly<Record<string, RoutingProfile>> = { architect: 'quality', debug: 'quality', pr_review: 'quality', code: 'balanced', ask: 'economy', documentation: 'economy' };
const NEXT_UP: Readonly<Record<RoutingProfile, RoutingProfile>> = { economy: 'balanced', balanced: 'quality', quality: 'quality' };

/** Calls of a usual task, the prompt of one of them, and what is read from the cache, written to it and new in that. */
const USUAL = { calls: 15, promptTokens: 35_000, readShare: 0.75, writtenShare: 0.1, outputTokens: 1_000 };
const SHORT_MODES: Readonly<Record<string, number>> = { ask: 8, documentation: 10, architect: 10, pr_review: 10 };
/** The window must hold the largest prompt that is expected this many times. */
const WINDOW_MARGIN = 1.5;
/** Own outcomes weigh as much as what the catalog says once there are so many. */
const PRIOR_TASKS = 30;
/** A model that stands in for the one that was asked for costs at most so many times as much. */
const DEAREST_STAND_IN = 2;
/** Logarithmic scales: a task of 1 cent is cheap, one of 3 dollars dear; an answer after a second is fast, one after a minute slow. */
const COST_SCALE = { best: 10_000_000, worst: 3_000_000_000 };
const LATENCY_SCALE = { best: 1_000, worst: 60_000 };
const USUAL_LATENCY_MS = 6_000;
/** Below it a model is no help. */
const WORST_QUALITY = 0.6;

const GIVES_WAY: ReadonlySet<ExclusionReason> = new Set<ExclusionReason>(['provider_down', 'circuit_open', 'over_budget']);

/**
 * Ranks the models for a task: hard filters, then a visible score. Pure. When a model's vendor is down, its circuit open or the credits left
 * may not do, it is left out only while others remain: the task waits or pauses rather than fails. A model that was asked for by name comes
 * first whatever its score.
 */
export function routeModels(candidates: readonly RoutingCandidate[], wish: RoutingWish): RoutingDecision {
  const profile = profileOf(wish);
  const weights = WEIGHTS[profile];
  const rated = candidates.map((candidate) => ({ candidate, reason: exclusionOf(candidate, candidates, wish), ranked: rank(candidate, wish, { weights, average: averageSuccess(candidates.filter((other) => other !== candidate)) }) }));
  const usable = rated.filter(({ reason }) => reason === null);
  const chosen = usable.length > 0 ? usable : rated.filter(({ reason }) => reason !== null && GIVES_WAY.has(reason));
  const ranked = chosen
    .map(({ ranked, reason }) => (reason === null ? ranked : { ...ranked, reasons: [...ranked.reasons, `no better one: ${reason.replaceAll('_', ' ')}`] }))
    .sort((a, b) => Number(isFirst(b, wish)) - Number(isFirst(a, wish)) || b.score - a.score || Number(a.estimatedNusd - b.estimatedNusd) || (a.model < b.model ? -1 : 1));
  const excluded = rated.flatMap(({ candidate, reason }): ExcludedModel[] => (reason === null || ranked.some(({ model }) => model === candidate.name) ? [] : [{ model: candidate.name, reason }]));
  return { requested: wish.requested, preference: wish.preference, profile, weights, complexity: wish.complexity, ranked, excluded };
}

/** A preference that was stated holds; `auto` follows the mode, one step up for a difficult task. */
function profileOf({ mode, preference, complexity }: { mode: string; preference: ModelPreference; complexity: RoutingWish['complexity'] }): RoutingProfile {
  if (preference !== 'auto') return preference;
  const usual = PROFILES[mode] ?? 'balanced';
  return complexity.level === 'high' ? NEXT_UP[usual] : usual;
}

function isFirst({ model }: RankedModel, { requested, keep }: RoutingWish): boolean {
  return model === requested || (requested === 'auto' && model === keep);
}

function exclusionOf(candidate: RoutingCandidate, all: readonly RoutingCandidate[], wish: RoutingWish): ExclusionReason | null {
  const obstacle = obstacleOf(candidate);
  // Whoever asks for a model by name has chosen.
  if (obstacle !== null || candidate.name === wish.requested) return obstacle;
  return misfitOf(candidate, wish) ?? (isDearer(candidate, all, wish) ? 'dearer' : momentaryReason(candidate, wish));
}

/** It cannot be called at all. */
function obstacleOf({ lifecycle, obstacle, key, prices }: RoutingCandidate): ExclusionReason | null {
  if (lifecycle === 'retired') return 'retired';
  if (obstacle !== null) return obstacle;
  if (key === null) return 'no_key';
  if (key === 'other') return 'other_key';
  return prices.length === 0 ? 'no_price' : null;
}

/** It cannot do such a task. */
function misfitOf({ modes, capabilities, contextWindow, maxInputTokens }: RoutingCandidate, wish: RoutingWish): ExclusionReason | null {
  if (!modes.includes(wish.mode)) return 'mode';
  if (capabilities.tools === false) return 'no_tools';
  return Math.min(contextWindow, maxInputTokens ?? Infinity) < largestPrompt(wish) * WINDOW_MARGIN ? 'context_window' : null;
}

/** It could, but not now: these give way. */
function momentaryReason(candidate: RoutingCandidate, wish: RoutingWish): ExclusionReason | null {
  if (candidate.isProviderDown) return 'provider_down';
  if (candidate.isCircuitOpen) return 'circuit_open';
  return isAffordable(candidate, wish) ? null : 'over_budget';
}

function isDearer(candidate: RoutingCandidate, all: readonly RoutingCandidate[], wish: RoutingWish): boolean {
  const asked = all.find(({ name }) => name === wish.requested);
  if (!asked || asked.prices.length === 0) return false;
  return listCost(candidate, wish) > listCost(asked, wish) * BigInt(DEAREST_STAND_IN);
}

function isAffordable(candidate: RoutingCandidate, wish: RoutingWish): boolean {
  if (wish.affordableMicro === null || candidate.key === 'own') return true;
  return creditsMicroForCost(expectedCost(candidate, wish), candidate.multiplierBps) <= wish.affordableMicro;
}

function rank(candidate: RoutingCandidate, wish: RoutingWish, { weights, average }: { weights: RoutingWeights; average: number | null }): RankedModel {
  const { record } = candidate;
  const estimatedNusd = candidate.prices.length === 0 ? 0n : expectedCost(candidate, wish);
  const quality = qualityOf(candidate, average);
  const cost = onScale(Number(estimatedNusd), COST_SCALE);
  const latency = onScale(record?.p50LatencyMs ?? USUAL_LATENCY_MS, LATENCY_SCALE);
  const score = weights.quality * quality + weights.cost * cost + weights.latency * latency;
  const shares = { score, quality, cost, latency };
  const rounded = Object.fromEntries(Object.entries(shares).map(([name, share]) => [name, Math.round(share * 1_000) / 1_000])) as typeof shares;
  return { model: candidate.name, provider: candidate.provider, key: candidate.key === 'own' ? 'own' : 'platform', ...rounded, estimatedNusd, reasons: reasonsFor(candidate, wish) };
}

function reasonsFor({ name, record, key, quality }: RoutingCandidate, { requested, keep }: RoutingWish): string[] {
  const own = record !== null && record.tasks > 0 ? [`${record.succeeded} of ${record.tasks} tasks succeeded here`] : ['no tasks here yet'];
  return [
    ...(name === requested ? ['asked for by name'] : []),
    ...(requested === 'auto' && name === keep ? ['worked on this task before'] : []),
    ...own,
    ...(quality === null ? ['quality guessed from its price'] : []),
    ...(record?.p50LatencyMs ? [`answers in ${(record.p50LatencyMs / 1_000).toFixed(1)} s`] : []),
    ...(key === 'own' ? ['on your own key'] : []),
  ];
}

/** What the catalog says, moved by how much better or worse than the others the model does here, and spread over the scale. */
function qualityOf({ quality, prices, record }: RoutingCandidate, average: number | null): number {
  const prior = quality ?? qualityByPrice(Number(prices[0]?.output ?? 0n));
  const tasks = record?.tasks ?? 0;
  const better = record && average !== null && tasks > 0 ? record.succeeded / tasks - average : 0;
  return clamp((prior + (better * tasks) / (tasks + PRIOR_TASKS) - WORST_QUALITY) / (1 - WORST_QUALITY));
}

/** Dearer models are mostly better ones: 1 USD per million output tokens 0.67, 10 USD 0.84, 50 USD 1. */
function qualityByPrice(outputUmtok: number): number {
  return Math.min(1, WORST_QUALITY + 0.07 * Math.log2(1 + outputUmtok / 1_000_000));
}

/** Share of tasks that succeed with these models; null: none ended. */
function averageSuccess(candidates: readonly RoutingCandidate[]): number | null {
  const tasks = candidates.reduce((sum, { record }) => sum + (record?.tasks ?? 0), 0);
  return tasks === 0 ? null : candidates.reduce((sum, { record }) => sum + (record?.succeeded ?? 0), 0) / tasks;
}

/** By the price list, shrunk towards what tasks really cost here. */
function expectedCost(candidate: RoutingCandidate, wish: RoutingWish): bigint {
  const { record } = candidate;
  const listed = listCost(candidate, wish);
  if (record?.costPerTaskNusd === null || record === null) return listed;
  const [known, assumed] = [BigInt(record.tasks), BigInt(PRIOR_TASKS)];
  return (listed * assumed + record.costPerTaskNusd * known) / (known + assumed);
}

function listCost({ prices }: RoutingCandidate, wish: RoutingWish): bigint {
  const calls = SHORT_MODES[wish.mode] ?? USUAL.calls;
  const prompt = USUAL.promptTokens + tokensOf(wish);
  const [read, written] = [Math.round(prompt * USUAL.readShare), Math.round(prompt * USUAL.writtenShare)];
  const usage: Usage = {
    inputTokens: prompt - read - written, cacheReadTokens: read, cacheWriteShortTokens: written, cacheWriteLongTokens: 0, outputTokens: USUAL.outputTokens, reasoningTokens: 0, raw: null,
  };
  return costNanoUsd(usage, priceForPrompt(prices, promptTokens(usage))) * BigInt(calls);
}

function largestPrompt(wish: RoutingWish): number {
  return USUAL.promptTokens * 2 + tokensOf(wish);
}

function tokensOf({ promptCharacters }: RoutingWish): number {
  return Math.ceil(promptCharacters / 3);
}

function onScale(value: number, { best, worst }: { best: number; worst: number }): number {
  return 1 - clamp(Math.log(Math.max(value, 1) / best) / Math.log(worst / best));
}

function clamp(share: number): number {
  return Math.min(1, Math.max(0, share));
}
