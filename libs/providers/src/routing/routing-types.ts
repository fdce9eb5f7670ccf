import type { ModelCapabilities } from '../model-provider';
import type { PriceRow } from '../pricing';
import type { ComplexityReport } from './complexity';

export const MODEL_PREFERENCES = ['auto', 'quality', 'balanced', 'economy'] as const;
/** What matters most in the choice of a model; `auto`: what the mode suggests. */
export type ModelPreference = (typeof MODEL_PREFERENCES)[number];
export type RoutingProfile = Exclude<ModelPreference, 'auto'>;

/** Why a model was left out. Those of the first row hold whatever happens; the others give way when nothing else is left. */
export const EXCLUSION_REASONS = [
  'no_key', 'other_key', 'no_price', 'plan', 'retired', 'mode', 'no_tools', 'context_window', 'dearer', 'not_installed',
  'provider_down', 'circuit_open', 'over_budget',
] as const;
export type ExclusionReason = (typeof EXCLUSION_REASONS)[number];

/** What a model did here lately. */
export interface ModelRecord {
  /** Tasks whose end says something about the model, and how many of them reached their goal. */
  readonly tasks: number;
  readonly succeeded: number;
  /** Median of its answers; null: too few. */
  readonly p50LatencyMs: number | null;
  /** Mean cost of a task; null: none ended. */
  readonly costPerTaskNusd: bigint | null;
}

/** A model of the catalog, as far as a choice needs it. */
export interface RoutingCandidate {
  readonly name: string;
  readonly provider: string;
  readonly modes: readonly string[];
  readonly lifecycle: string;
  readonly capabilities: ModelCapabilities;
  readonly contextWindow: number;
  readonly maxInputTokens: number | null;
  /** Price set in force, by rising prompt size; empty: none. */
  readonly prices: readonly PriceRow[];
  /** Whose key would pay: the platform's, one of the organization's own, or nobody's. `other`: there is a key, but the task may not use it. */
  readonly key: 'platform' | 'own' | 'other' | null;
  /** What else rules it out, as the catalog says: plan, not_installed. */
  readonly obstacle: 'plan' | 'not_installed' | null;
  readonly isProviderDown: boolean;
  readonly isCircuitOpen: boolean;
  /** From 0 to 1, as the catalog says; null: guessed from the price. */
  readonly quality: number | null;
  readonly record: ModelRecord | null;
  /** Margin in basis points; 10,000 = cost. */
  readonly multiplierBps: number;
}

/** What is asked of a model. */
export interface RoutingWish {
  readonly mode: string;
  /** `auto`, or the name of a model: that one comes first, and the others stand in for it. */
  readonly requested: string;
  /** Name of the model that worked on the task before: with `auto` it goes on while nothing speaks against it, because its thinking and its cache are its own. */
  readonly keep?: string | null;
  readonly preference: ModelPreference;
  readonly complexity: ComplexityReport;
  /** Characters of the task's own text. */
  readonly promptCharacters: number;
  /** Microcredits that may still be used; null: no limit. Calls on the organization's own key need none. */
  readonly affordableMicro: bigint | null;
}

/** A model in the ranking. All shares are from 0 to 1, larger is better. */
export interface RankedModel {
  readonly model: string;
  readonly provider: string;
  readonly key: 'platform' | 'own';
  readonly score: number;
  readonly quality: number;
  readonly cost: number;
  readonly latency: number;
  /** What a task like this is expected to cost. */
  readonly estimatedNusd: bigint;
  readonly reasons: readonly string[];
}

export interface ExcludedModel {
  readonly model: string;
  readonly reason: ExclusionReason;
}

export interface RoutingWeights {
  readonly quality: number;
  readonly cost: number;
  readonly latency: number;
}

/** The choice and all that led to it. */
export interface RoutingDecision {
  readonly requested: string;
  readonly preference: ModelPreference;
  readonly profile: RoutingProfile;
  readonly weights: RoutingWeights;
  readonly complexity: ComplexityReport;
  /** The first is the choice, the others its fallback chain; empty: no model can be used. */
  readonly ranked: readonly RankedModel[];
  readonly excluded: readonly ExcludedModel[];
}
