import { monitorEventLoopDelay } from 'node:perf_hooks';
import { metrics, metricsRegistry } from './metrics';

const RESOLUTION_MS = 20;
const QUANTILES = [50, 90, 99] as const;
const NANOSECONDS = 1e9;

/** Measures the delay of the event loop between one scrape and the next. Returns how to stop. */
export function watchEventLoop(): () => void {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  const forget = metricsRegistry.beforeScrape(() => {
    for (const quantile of QUANTILES) metrics.loopLag.set({ quantile: `0.${quantile}` }, seconds(delay.percentile(quantile)));
    metrics.loopLag.set({ quantile: '1' }, seconds(delay.max));
    delay.reset();
  });
  return () => {
    forget();
    delay.disable();
  };
}

/** The timer's own period is part of what is measured, and no delay. */
function seconds(nanoseconds: number): number {
  return Math.max(0, nanoseconds / NANOSECONDS - RESOLUTION_MS / 1_000);
}
