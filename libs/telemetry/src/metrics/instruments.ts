import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { BoundedLabels } from './bounded-labels';
import type { MetricDefinition } from './definitions';

export type Labels<Label extends string> = Readonly<Record<Label, string>>;
type LabelArgument<Label extends string> = [Label] extends [never] ? Readonly<Record<string, never>> : Labels<Label>;

/** Only ever more of something. */
export interface Tally<Label extends string> {
  add(labels: LabelArgument<Label>, amount?: number): void;
}

/** How much of something there is now. */
export interface Level<Label extends string> {
  set(labels: LabelArgument<Label>, value: number): void;
  change(labels: LabelArgument<Label>, by: number): void;
  /** Forgets values of combinations that are no more. */
  clear(): void;
}

/** How long something took, in seconds. */
export interface Spread<Label extends string> {
  observe(labels: LabelArgument<Label>, seconds: number): void;
}

/** Puts one definition into the registry. */
export function instrument(definition: MetricDefinition, registry: Registry, bounds: BoundedLabels): Tally<string> & Level<string> & Spread<string> {
  const base = { name: definition.name, help: definition.help, labelNames: [...definition.labels], registers: [registry] };
  const open = definition.open ?? [];
  const keep = (labels: Readonly<Record<string, string>>): Record<string, string> => bounded(labels, open, bounds);
  switch (definition.kind) {
    case 'counter':
      return tally(new Counter(base), keep);
    case 'gauge':
      return level(new Gauge(base), keep);
    case 'histogram':
      return spread(new Histogram({ ...base, buckets: [...(definition.buckets ?? [])] }), keep);
  }
}

type Keep = (labels: Readonly<Record<string, string>>) => Record<string, string>;
const misused = (): never => {
  throw new Error('this metric is of another kind');
};
const MISUSED = { add: misused, set: misused, change: misused, clear: misused, observe: misused };

function tally(counter: Counter, keep: Keep): ReturnType<typeof instrument> {
  return { ...MISUSED, add: (labels, amount = 1) => counter.inc(keep(labels), Math.max(0, amount)) };
}

function level(gauge: Gauge, keep: Keep): ReturnType<typeof instrument> {
  return { ...MISUSED, set: (labels, value) => gauge.set(keep(labels), value), change: (labels, by) => gauge.inc(keep(labels), by), clear: () => gauge.reset() };
}

function spread(histogram: Histogram, keep: Keep): ReturnType<typeof instrument> {
  return { ...MISUSED, observe: (labels, seconds) => histogram.observe(keep(labels), Math.max(0, seconds)) };
}

function bounded(labels: Readonly<Record<string, string>>, open: readonly string[], bounds: BoundedLabels): Record<string, string> {
  const kept = { ...labels };
  for (const label of open) kept[label] = bounds.keep(label, kept[label] ?? '');
  return kept;
}
