import { collectDefaultMetrics, Registry } from 'prom-client';
import { BoundedLabels } from './bounded-labels';
import { METRICS, type MetricDefinition, type MetricName } from './definitions';
import { instrument, type Level, type Spread, type Tally } from './instruments';

type LabelOf<Name extends MetricName> = (typeof METRICS)[Name]['labels'][number];
type InstrumentOf<Name extends MetricName> = { counter: Tally<LabelOf<Name>>; gauge: Level<LabelOf<Name>>; histogram: Spread<LabelOf<Name>> }[(typeof METRICS)[Name]['kind']];

/** One instrument for each entry of METRICS: `metrics.sandboxStarts.add({})`. */
export type Instruments = { readonly [Name in MetricName]: InstrumentOf<Name> };

/** Brings values up to date that are read rather than counted. */
export type Look = () => Promise<void> | void;

/** The metrics of a process with a registry of their own. */
export class MetricsRegistry {
  readonly instruments: Instruments;
  private readonly registry = new Registry();
  private readonly looks = new Set<Look>();
  private hasProcessMetrics = false;

  constructor() {
    const bounds = new BoundedLabels();
    const made: Record<string, unknown> = {};
    for (const [name, definition] of Object.entries<MetricDefinition>(METRICS)) made[name] = instrument(definition, this.registry, bounds);
    this.instruments = made as Instruments;
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  /** Called before each scrape; returns how to stop that. */
  beforeScrape(look: Look): () => void {
    this.looks.add(look);
    return () => void this.looks.delete(look);
  }

  /** Memory, processor time, handles, garbage collection: Node's own. Once per process, by its start. */
  watchProcess(): void {
    if (this.hasProcessMetrics) return;
    this.hasProcessMetrics = true;
    collectDefaultMetrics({ register: this.registry });
  }

  /** Prometheus text. A look that fails costs its own values, not the scrape. */
  async text(): Promise<string> {
    await Promise.allSettled([...this.looks].map(async (look) => look()));
    return this.registry.metrics();
  }

  /** Names as they are exported, without the suffixes of histograms. */
  names(): string[] {
    return this.registry.getMetricsAsArray().map(({ name }) => name);
  }
}

/** One registry for the process: what is counted belongs to the process, whoever counts it. */
export const metricsRegistry = new MetricsRegistry();

/** `metrics.leaseLosses.add({})`: typed by METRICS. */
export const metrics: Instruments = metricsRegistry.instruments;
